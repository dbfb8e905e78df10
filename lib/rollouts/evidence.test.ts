import { expect, test } from 'vitest';
import { dueLabel } from '#lib/time';
import { QUIET_DECISIONS, stageEvidence } from './evidence.ts';
import { isOver, stageEndsAt } from './stage-end.ts';

test.each([
  // Nothing, or next to nothing.
  [0, 0, 0.5, false],
  [0, 15, 0.5, false],
  [0, QUIET_DECISIONS - 1, 0.5, false],
  [0, QUIET_DECISIONS, 0.5, true],
  [0, 10_000, null, true],
  // It acts, and nowhere near the limit.
  [1, 8, 0.5, true],
  [1, 2, 0.5, false],
  [1, 1, 0.5, false],
  [40, 100, 0.5, true],
  [48, 100, 0.5, false],
  [90, 100, 0.5, false],
  // A rule that is meant to hit everything.
  [3, 3, 1, true],
  [3, 3, null, true],
  // Counters that are late: more hits than decisions.
  [9, 2, 0.5, false],
])('%i hits in %i decisions, at most %s: enough %s', (hits, decisions, limit, isEnough) => {
  const evidence = stageEvidence({ hits, decisions }, limit);
  expect(evidence.isEnough).toBe(isEnough);
  expect(evidence.missing === null).toBe(isEnough);
});

const since = new Date('2026-11-30T12:00:00Z');
const canary = { plan: { canarySeconds: 60 }, stage: 'canary', stageSince: since, startsAt: null };
const at = (seconds: number) => new Date(since.getTime() + seconds * 1_000);

test('one moment at which a stage is over, for page and worker', () => {
  expect(stageEndsAt(canary)).toEqual(at(60));
  expect(stageEndsAt({ ...canary, startsAt: at(-600) })).toEqual(at(60));
  expect(stageEndsAt({ ...canary, startsAt: at(1_800) })).toEqual(at(1_860));
  expect(stageEndsAt({ ...canary, stage: 'full' })).toBeNull();
  expect(stageEndsAt({ ...canary, stageSince: null })).toBeNull();
  expect([isOver(canary, at(59)), isOver(canary, at(60))]).toEqual([false, true]);
});

test.each([
  [24_000, 'in 24 s'],
  [90_000, 'in 1 m 30 s'],
  [999, 'any moment'],
  [0, 'any moment'],
  [-1_999, 'any moment'],
  [-24_000, 'any moment, due 24 s ago'],
  [-3_600_000, 'any moment, due 1 h 00 m ago'],
])('%i ms: %s', (ms, words) => {
  expect(dueLabel(ms)).toBe(words);
});
