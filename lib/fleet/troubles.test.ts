import { expect, test } from 'vitest';
import { instanceState } from './instance-state.ts';
import { troubles } from './troubles.ts';

const now = new Date('2026-11-22T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const here = { closedAt: null, retiredAt: null, isOtherContent: false };
const newest = { seq: 5, publishedAt: ago(10_000) };

test.each([
  ['active', { state: 'active', activeSeq: 5, lastSeenAt: ago(1_000) }],
  ['active', { state: 'failed', activeSeq: 5, lastSeenAt: ago(1_000) }],
  ['failed', { state: 'failed', activeSeq: 0, lastSeenAt: ago(1_000) }],
  ['ahead', { state: 'active', activeSeq: 5, lastSeenAt: ago(1_000), isOtherContent: true }],
  ['closed', { state: 'active', activeSeq: 5, lastSeenAt: ago(1_000), closedAt: now }],
  ['retired', { state: 'active', activeSeq: 5, lastSeenAt: ago(90_000), retiredAt: now }],
  ['lagging', { state: 'active', activeSeq: 4, lastSeenAt: ago(1_000) }],
  ['failed', { state: 'failed', activeSeq: 4, lastSeenAt: ago(1_000) }],
  ['ahead', { state: 'active', activeSeq: 6, lastSeenAt: ago(1_000) }],
  ['ahead', { state: 'failed', activeSeq: 6, lastSeenAt: ago(1_000) }],
  ['ahead', { state: 'stale', activeSeq: 6, lastSeenAt: ago(1_000) }],
  ['gone', { state: 'active', activeSeq: 6, lastSeenAt: ago(25_001) }],
  ['stale', { state: 'stale', activeSeq: 5, lastSeenAt: ago(1_000) }],
  ['active', { state: 'active', activeSeq: 5, lastSeenAt: ago(25_000) }],
  ['gone', { state: 'failed', activeSeq: 5, lastSeenAt: ago(25_001) }],
] as const)('%s', (expected, instance) => {
  expect(instanceState({ ...here, ...instance }, newest, now)).toBe(expected);
});

test('two seconds of grace after a publish', () => {
  const behind = { ...here, state: 'active', activeSeq: 4, lastSeenAt: now };
  expect(instanceState(behind, { seq: 5, publishedAt: ago(2_000) }, now)).toBe('adopting');
  expect(instanceState(behind, { seq: 5, publishedAt: ago(2_001) }, now)).toBe('lagging');
  expect(instanceState({ ...behind, activeSeq: 0 }, null, now)).toBe('active');
});

test('what is wrong is said worst first; what is well is not said', () => {
  const one = (id: string, state: Parameters<typeof troubles>[0][number]['state'], activeSeq = 4) => ({
    id,
    name: null,
    state,
    activeSeq,
    reason: state === 'failed' ? 'vector 1 is not hit' : null,
    lastSeenAt: now,
    clockSkewMs: null,
  });
  const said = troubles(
    [
      one('d', 'active', 5),
      one('c', 'gone'),
      one('b', 'lagging'),
      one('a', 'failed', 0),
      one('e', 'ahead', 9),
      { ...one('f', 'active', 5), clockSkewMs: -90_000 },
      { ...one('g', 'active', 5), clockSkewMs: 2_000 },
      { ...one('h', 'active', 5), clockSkewMs: 900 },
      { ...one('i', 'active', 5), reason: 'download failed' },
    ],
    5,
  );
  expect(said.map((trouble) => trouble.instanceId)).toEqual(['e', 'a', 'b', 'c', 'f', 'g', 'i']);
  expect(said[0]?.text).toContain('ruleset 9, which is ahead of this database (5)');
  expect(said[1]?.text).toContain('it enforces nothing yet. It says: vector 1 is not hit');
  expect(said[2]?.text).toContain('has not taken ruleset 5; it still enforces ruleset 4');
  expect(said[4]?.text).toContain(
    'a clock 1 m 30 s behind: rules begin and end 1 m 30 s too late there. While that makes a difference',
  );
  expect(said[5]?.text).toContain('a clock 2 s ahead: rules begin and end 2 s too early there.');
  expect(said[6]?.text).toContain('has ruleset 5, the newest, and reports trouble since: download failed');
});
