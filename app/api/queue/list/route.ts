import { z } from 'zod';
import { listQueue } from '#lib/reviews/list';
import { route } from '#lib/route';
import { parseQueueFilters } from '../../../(console)/queue/filters.ts';

/** The rows beside the workbench, by the filters of its address: what of them is not understood is left out. */
export const GET = route({ query: z.record(z.string(), z.string()) }, async ({ actor, query }) => {
  const filters = parseQueueFilters(query);
  const { items } = await listQueue(actor, { ...filters, limit: 30, cursor: undefined });
  return { items };
});
