import { expect, test } from 'vitest';
import { createRuleClock } from './clock.ts';

test('a wall clock set back does not turn time back; one set forward counts', () => {
  const start = Date.parse('2026-01-01T12:00:00Z');
  let wall = start;
  let monotonic = 1_000;
  const clock = createRuleClock(
    () => wall,
    () => monotonic,
  );
  expect(clock.now().getTime()).toBe(start);
  clock.anchor('2026-01-01T11:59:00Z');
  monotonic += 60_000;
  wall = start - 86_400_000;
  expect(clock.now().getTime()).toBe(start + 60_000);
  wall = start + 86_400_000;
  expect(clock.now().getTime()).toBe(start + 86_400_000);
});

test('a wall clock behind the time of signing is brought up to it', () => {
  const clock = createRuleClock(
    () => 0,
    () => 0,
  );
  clock.anchor('2026-01-01T12:00:00Z');
  expect(clock.now().toISOString()).toBe('2026-01-01T12:00:00.000Z');
});

test('a machine that slept knows by its wall clock: no timer has to run, and the monotonic clock may stand still', () => {
  let wall = Date.parse('2026-01-01T12:00:00Z');
  const clock = createRuleClock(
    () => wall,
    () => 5_000,
  );
  clock.anchor('2026-01-01T12:00:00Z');
  wall += 8 * 3_600_000;
  expect(clock.now().toISOString()).toBe('2026-01-01T20:00:00.000Z');
});

test('a wall clock that was wrong when a ruleset came is put right by the next one', () => {
  const start = Date.parse('2026-01-01T12:00:00Z');
  let wall = start + 365 * 86_400_000;
  const clock = createRuleClock(
    () => wall,
    () => 0,
  );
  clock.anchor('2026-01-01T12:00:00Z');
  wall = start;
  expect(clock.now().getTime()).toBeGreaterThan(start);
  clock.anchor('2026-01-01T12:00:00Z');
  expect(clock.now().getTime()).toBe(start);
});
