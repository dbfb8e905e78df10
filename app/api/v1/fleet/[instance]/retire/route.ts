import { retireInstances } from '#lib/fleet/mutations';
import { retireBodySchema } from '#lib/fleet/schema';
import { route } from '#lib/route';

export const POST = route({ body: retireBodySchema }, ({ actor, params, body }) =>
  retireInstances(actor, { instances: [params.instance ?? ''], reason: body.reason }),
);
