import type { Key } from './keys.ts';
import type { Term } from './query.ts';
import type { Field } from './schema.ts';
import { writeTerm } from './tokens.ts';

/** One value for each key that is asked for. */
export type Wanted = Partial<Record<Key, string>>;

/** The page that shows what a query finds. */
export function investigateHref(
  query: Wanted | readonly Term[],
  by?: readonly Field[],
  cursor?: string,
): string {
  const terms = isTerms(query)
    ? query
    : Object.entries(query).map(([key, value]) => ({ key: key as Key, value, negated: false }));
  const q = terms.map(writeTerm).join(' ');
  const search = new URLSearchParams({
    ...(q && { q }),
    ...(by && { by: by.join(',') }),
    ...(cursor && { cursor }),
  });
  return search.size === 0 ? '/investigate' : `/investigate?${search}`;
}

const isTerms = (query: Wanted | readonly Term[]): query is readonly Term[] => Array.isArray(query);
