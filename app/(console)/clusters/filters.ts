import type { z } from 'zod';
import { listClustersSchema } from '#lib/clusters/schema';

export type ClusterFilters = z.output<typeof listClustersSchema>;

/** The filters in an address; one that is not understood is left out, the others stay. */
export function readFilters(search: Record<string, string | string[] | undefined>): ClusterFilters {
  const given = Object.fromEntries(
    Object.entries(search).filter(([, value]) => typeof value === 'string' && value !== ''),
  );
  const parsed = listClustersSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    for (const name of issue.code === 'unrecognized_keys' ? issue.keys : issue.path.slice(0, 1).map(String))
      delete given[name];
  }
  return listClustersSchema.parse(given);
}

/** The filters as a query string, without those that are at rest. */
export function queryOf(filters: ClusterFilters): string {
  const rest = listClustersSchema.parse({});
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters))
    if (value !== undefined && value !== rest[name as keyof ClusterFilters]) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query}`;
}
