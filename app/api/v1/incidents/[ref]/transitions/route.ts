import { transitionIncident } from '#lib/incidents/mutations';
import { transitionBodySchema } from '#lib/incidents/schema';
import { route } from '#lib/route';

export const POST = route({ body: transitionBodySchema }, ({ actor, params, body }) =>
  transitionIncident(actor, { ...body, incident: params.ref ?? '' }),
);
