import { declareIncident } from '#lib/incidents/mutations';
import { listIncidents } from '#lib/incidents/queries';
import { declareIncidentSchema, listIncidentsSchema } from '#lib/incidents/schema';
import { parse } from '#lib/parse';
import { route } from '#lib/route';

export const GET = route({}, ({ actor, query }) =>
  listIncidents(actor, parse(listIncidentsSchema, Object.fromEntries(query))),
);

export const POST = route({ body: declareIncidentSchema, status: 201 }, ({ actor, body }) =>
  declareIncident(actor, body),
);
