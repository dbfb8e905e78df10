import { MAX_SKIPPED, type QueueFilters } from '#lib/reviews/schema';

const KEY = 'stopgap-skipped';

/** What this tab has skipped since it started reviewing; nothing where storage is refused. */
export function readSkipped(): string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string').slice(-MAX_SKIPPED) : [];
  } catch {
    return [];
  }
}

export function rememberSkipped(id: string): string[] {
  const skipped = [...readSkipped().filter((known) => known !== id), id].slice(-MAX_SKIPPED);
  store(skipped);
  return skipped;
}

export function forgetSkipped(): void {
  store([]);
}

function store(skipped: string[]): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(skipped));
  } catch {
    // A browser that keeps nothing serves a skipped item again; that is all.
  }
}

/** The filters as a query string, kept in the workbench's address so that "next" stays inside them. */
export function queryOf(filters: QueueFilters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
  return query.size === 0 ? '' : `?${query}`;
}
