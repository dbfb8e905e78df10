import { linkInteractions } from '#lib/incidents/mutations';
import { linksBodySchema } from '#lib/incidents/schema';
import { route } from '#lib/route';

export const POST = route({ body: linksBodySchema }, ({ actor, params, body }) =>
  linkInteractions(actor, { incident: params.ref ?? '', interactionIds: body.interactionIds }),
);
