import { declareIncident } from '#lib/incidents/mutations';
import { listIncidents } from '#lib/incidents/queries';
import { declareIncidentSchema, listIncidentsSchema } from '#lib/incidents/schema';
import { route } from '#lib/route';

export const GET = route({ query: listIncidentsSchema }, ({ actor, query }) => listIncidents(actor, query));

export const POST = route({ body: declareIncidentSchema, status: 201 }, ({ actor, body }) =>
  declareIncident(actor, body),
);
