import { holdBodySchema } from '#lib/mitigations/schema';
import { holdMitigation } from '#lib/rollouts/mutations';
import { route } from '#lib/route';

export const POST = route({ body: holdBodySchema }, ({ actor, params, body }) =>
  holdMitigation(actor, { mitigation: params.id ?? '', reason: body.reason }),
);
