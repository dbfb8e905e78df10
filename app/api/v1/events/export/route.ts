import { exportEvents } from '#lib/exports/mutations';
import { exportResponse } from '#lib/exports/response';
import { exportEventsSchema } from '#lib/exports/schema';
import { parse } from '#lib/parse';
import { route } from '#lib/route';

export const GET = route({}, async ({ actor, query }) =>
  exportResponse(await exportEvents(actor, parse(exportEventsSchema, Object.fromEntries(query)))),
);
