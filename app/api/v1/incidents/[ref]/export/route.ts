import { exportIncident } from '#lib/exports/mutations';
import { exportResponse } from '#lib/exports/response';
import { exportQuerySchema } from '#lib/exports/schema';
import { parse } from '#lib/parse';
import { route } from '#lib/route';

export const GET = route({}, async ({ actor, params, query }) => {
  const { format } = parse(exportQuerySchema, Object.fromEntries(query));
  return exportResponse(await exportIncident(actor, { incident: params.ref ?? '', format }));
});
