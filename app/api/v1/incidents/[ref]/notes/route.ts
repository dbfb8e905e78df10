import { noteIncident } from '#lib/incidents/mutations';
import { noteBodySchema } from '#lib/incidents/schema';
import { route } from '#lib/route';

export const POST = route({ body: noteBodySchema, status: 201 }, ({ actor, params, body }) =>
  noteIncident(actor, { incident: params.ref ?? '', text: body.text }),
);
