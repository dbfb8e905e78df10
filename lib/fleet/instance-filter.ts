import type { FleetFilter } from './schema.ts';
import { SHOWN_STATES, type ShownState } from './shown-states.ts';

/** Instances on one page: as many as can be looked at. */
export const PAGE_SIZE = 500;

type Filtered = {
  id: string;
  state: ShownState;
  labels: Record<string, string>;
  breakers: readonly unknown[];
};

export type FleetPart<T> = {
  items: T[];
  /** Before the filter, after it, and the page that `items` are of `pages`. */
  total: number;
  matching: number;
  page: number;
  pages: number;
  /** Of everything before the filter: instances per state, with an open breaker, and per label and value. */
  states: Partial<Record<ShownState | 'breaker', number>>;
  labels: { label: string; count: number }[];
};

const LABELS_MAX = 40;
const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The part of the fleet that is looked at, the worst first, then by name; a page beyond the last is the last. */
export function filterFleet<T extends Filtered>(rows: T[], filter: FleetFilter): FleetPart<T> {
  const states: FleetPart<T>['states'] = {};
  const labels = new Map<string, number>();
  for (const row of rows) {
    states[row.state] = (states[row.state] ?? 0) + 1;
    if (row.breakers.length > 0) states.breaker = (states.breaker ?? 0) + 1;
    for (const [key, value] of Object.entries(row.labels)) {
      labels.set(`${key}:${value}`, (labels.get(`${key}:${value}`) ?? 0) + 1);
    }
  }
  const text = filter.q?.toLowerCase();
  const matching = rows
    .filter(
      (row) =>
        (!filter.state ||
          (filter.state === 'breaker' ? row.breakers.length > 0 : row.state === filter.state)) &&
        (!filter.label ||
          Object.entries(row.labels).some(([key, value]) => `${key}:${value}` === filter.label)) &&
        (!text || row.id.toLowerCase().includes(text)),
    )
    .sort((a, b) => SHOWN_STATES.indexOf(a.state) - SHOWN_STATES.indexOf(b.state) || byName(a.id, b.id));
  const pages = Math.max(1, Math.ceil(matching.length / PAGE_SIZE));
  const page = Math.min(filter.page ?? 1, pages);
  return {
    items: matching.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE),
    total: rows.length,
    matching: matching.length,
    page,
    pages,
    states,
    labels: [...labels]
      .map(([label, count]) => ({ label, count }))
      .sort((a, b) => b.count - a.count || byName(a.label, b.label))
      .slice(0, LABELS_MAX),
  };
}
