import { listQueue } from '#lib/reviews/queries';
import { route } from '#lib/route';
import { parseQueueFilters } from '../../../(console)/queue/filters.ts';

/** The rows beside the workbench. */
export const GET = route({}, async ({ actor, query }) => {
  const filters = parseQueueFilters(Object.fromEntries(query));
  const { items } = await listQueue(actor, { ...filters, limit: 30, cursor: undefined });
  return { items };
});
