import { exportEvents } from '#lib/exports/mutations';
import { exportResponse } from '#lib/exports/response';
import { exportEventsSchema } from '#lib/exports/schema';
import { route } from '#lib/route';

export const GET = route({ query: exportEventsSchema }, async ({ actor, query }) =>
  exportResponse(await exportEvents(actor, query)),
);
