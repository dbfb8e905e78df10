import { expect, test } from 'vitest';
import { headline } from './headline.ts';
import { filterFleet, PAGE_SIZE } from './instance-filter.ts';
import type { ShownState } from './shown-states.ts';

const now = new Date('2026-11-22T12:00:00Z');
const row = (id: string, state: ShownState = 'active', more: object = {}) => ({
  id,
  kind: 'sdk' as const,
  state,
  labels: { region: 'eu' } as Record<string, string>,
  breakers: [] as object[],
  reason: null as string | null,
  activeSeq: 812,
  lastSeenAt: now,
  staleSince: null as Date | null,
  ...more,
});

test('five thousand: every one is on exactly one page, the worst on the first', () => {
  const rows = Array.from({ length: 5_000 }, (_, index) =>
    row(`pod-${String(index).padStart(4, '0')}`, index === 4_321 ? 'failed' : 'active'),
  );
  const first = filterFleet(rows, {});
  expect([first.items[0]?.id, first.pages, first.items.length]).toEqual(['pod-4321', 10, PAGE_SIZE]);
  const all = Array.from({ length: 10 }, (_, index) => filterFleet(rows, { page: index + 1 }).items).flat();
  expect(new Set(all.map(({ id }) => id)).size).toBe(5_000);
  expect(filterFleet(rows, { page: 99 })).toMatchObject({ page: 10, matching: 5_000 });
});

test('by state, label and name; the counts are of the whole fleet', () => {
  const rows = [
    row('a-1', 'failed', { labels: { region: 'us', tier: 'x' } }),
    row('a-2', 'active', { breakers: [{}] }),
    row('B-3', 'gone'),
  ];
  const ids = (filter: Parameters<typeof filterFleet>[1]) =>
    filterFleet(rows, filter).items.map(({ id }) => id);
  expect(ids({ state: 'failed' })).toEqual(['a-1']);
  expect(ids({ state: 'breaker' })).toEqual(['a-2']);
  expect(ids({ label: 'region:eu' })).toEqual(['B-3', 'a-2']);
  expect(ids({ label: 'region' })).toEqual([]);
  expect(ids({ q: 'b-' })).toEqual(['B-3']);
  expect(filterFleet(rows, { q: 'nobody' })).toMatchObject({
    total: 3,
    matching: 0,
    page: 1,
    states: { failed: 1, active: 1, gone: 1, breaker: 1 },
    labels: [
      { label: 'region:eu', count: 2 },
      { label: 'region:us', count: 1 },
      { label: 'tier:x', count: 1 },
    ],
  });
});

test('the fleet in one sentence', () => {
  const active = Array.from({ length: 4_998 }, (_, index) => row(`pod-${index}`));
  const stale = row('pod-x', 'stale', { staleSince: new Date(now.getTime() - 94_000) });
  const failed = row('pod-y', 'failed', { reason: 'pattern rejected' });
  expect(headline([...active, stale, failed], 812, { p99Ms: 410, lastActiveMs: 900 }, now)).toBe(
    '4,998 of 5,000 active on ruleset 812, p99 410 ms, 1 stale 94 s (pod-x), 1 failed: pattern rejected',
  );
  const gone = (id: string, ms: number) => row(id, 'gone', { lastSeenAt: new Date(now.getTime() - ms) });
  expect(headline([gone('a', 30_000), gone('b', 90_000)], 1, null, now)).toBe(
    '0 of 2 active on ruleset 1, 2 silent 90 s (longest b)',
  );
  const expectation = { key: '', labels: { region: 'eu' }, expected: 12, there: 9 };
  expect(headline([row('a')], 1, null, now, [expectation, { ...expectation, there: 12 }])).toBe(
    '1 of 1 active on ruleset 1, only 9 of 12 expected for region=eu',
  );
  const ahead = (id: string, activeSeq: number) => row(id, 'ahead', { activeSeq });
  expect(headline([active[0] as (typeof active)[0], ahead('a', 83), ahead('b', 84)], 81, null, now)).toBe(
    '1 of 3 active on ruleset 81, 2 ahead of this database (up to ruleset 84)',
  );
  // A relay enforces nothing, and so few have no p99.
  const relay = { ...row('relay'), kind: 'relay' as const };
  expect(headline([relay, row('a'), row('b', 'adopting')], 1, { p99Ms: null, lastActiveMs: 41 }, now)).toBe(
    '1 of 2 active on ruleset 1, slowest 41 ms, 1 on the way',
  );
});
