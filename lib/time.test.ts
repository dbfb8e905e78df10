import { expect, test } from 'vitest';
import { clockLabel, relativeLabel } from './time.ts';

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
  [7_300_000, 'in 2 h'],
])('%i ms from now is %s', (ms, label) => {
  expect(relativeLabel(ms)).toBe(label);
});
