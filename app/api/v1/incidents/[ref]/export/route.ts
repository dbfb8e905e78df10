import { exportIncident } from '#lib/exports/mutations';
import { exportResponse } from '#lib/exports/response';
import { exportQuerySchema } from '#lib/exports/schema';
import { route } from '#lib/route';

export const GET = route({ query: exportQuerySchema }, async ({ actor, params, query }) =>
  exportResponse(await exportIncident(actor, { incident: params.ref ?? '', format: query.format })),
);
