import { type ListMitigations, listMitigationsSchema } from '#lib/mitigations/schema';

type Search = Record<string, string | string[] | undefined>;

/** The filters of an address; a hand-made one that makes no sense shows everything rather than an error. */
export function readFilters(search: Search): ListMitigations {
  const given = Object.entries(search).filter(([, value]) => value !== '' && value !== undefined);
  const parsed = listMitigationsSchema.safeParse(Object.fromEntries(given));
  return parsed.success ? parsed.data : {};
}

/** The same filters as the end of an address, with its question mark; empty for none. */
export function listQuery(filters: ListMitigations): string {
  const given = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
