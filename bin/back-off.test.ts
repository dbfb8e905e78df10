import { expect, test } from 'vitest';
import { createBackOff } from './back-off.ts';

test('doubles, and gives up at the fifth failure within a minute', () => {
  let now = 0;
  const backOff = createBackOff(1_000, () => now);
  const waits = [0, 1, 2, 3, 4].map(() => {
    now += 10_000;
    return backOff.failed();
  });
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, null]);
});

test('forgets failures that are more than a minute old', () => {
  let now = 0;
  const backOff = createBackOff(1_000, () => now);
  for (let round = 0; round < 20; round += 1) {
    now += 61_000;
    expect(backOff.failed()).toBe(1_000);
  }
});
