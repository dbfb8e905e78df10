import { expect, test } from 'vitest';
import { clockLabel, durationLabel, minuteLabel, relativeLabel } from './time.ts';

test.each([
  [0, '0 s'],
  [240, '240 ms'],
  [9_000, '9 s'],
  [252_000, '4 m 12 s'],
  [3_600_000, '1 h 00 m'],
  [100_000_000, '1 d 3 h'],
])('%i ms is %s', (ms, label) => {
  expect(clockLabel(ms)).toBe(label);
});

test.each([
  [-2_000, 'just now'],
  [-240_000, '4 m ago'],
  [240_000, 'in 4 m'],
  [7_300_000, 'in 2 h 01 m'],
  [14_399_000, 'in 3 h 59 m'],
  [7_200_000, 'in 2 h'],
])('%i ms from now is %s', (ms, label) => {
  expect(relativeLabel(ms)).toBe(label);
});

test.each([
  [60_000, '1 m'],
  [90_000, '1 m 30 s'],
  [600_000, '10 m'],
  [10_000, '10 s'],
  [172_800_000, '2 d'],
])('%i ms last %s', (ms, label) => {
  expect(durationLabel(ms)).toBe(label);
});

test('a moment to the minute, in UTC', () => {
  expect(minuteLabel('2026-11-23T05:59:59+02:00')).toBe('2026-11-23 03:59 UTC');
});
