import { type ListQueue, listQueueSchema, type QueueFilters } from '#lib/reviews/schema';

type Search = Record<string, string | string[] | undefined>;

/** The filters of an address; a part that is not understood is left out by itself and named. */
export function readQueueFilters(search: Search): { filters: ListQueue; dropped: string[] } {
  const given: Record<string, string> = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(search)) {
    if (typeof value !== 'string' || value === '') continue;
    if (listQueueSchema.safeParse({ [name]: value }).success) given[name] = value;
    else dropped.push(name);
  }
  return { filters: listQueueSchema.parse(given), dropped };
}

export function parseQueueFilters(search: Search): ListQueue {
  return readQueueFilters(search).filters;
}

/** What a claim may be narrowed by: the filters without what only the list knows. */
export function claimFilters({ limit, cursor, holder, group, open, ...filters }: ListQueue): QueueFilters {
  return filters;
}

/** The filters as a query string, kept in the workbench's address so that "next" stays inside them. */
export function queryOf(filters: Partial<ListQueue>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value === undefined || (name === 'holder' && value === 'all') || (name === 'limit' && value === 50))
      continue;
    query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}
