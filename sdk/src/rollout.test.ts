import { expect, test } from 'vitest';
import { rolloutBucket } from './rollout.ts';

test('the same subject falls into the same place, and a share of many is that share', () => {
  expect(rolloutBucket('rule', 'pod-1')).toBe(rolloutBucket('rule', 'pod-1'));
  const below = (rule: string, share: number) =>
    Array.from({ length: 10_000 }, (_, index) => rolloutBucket(rule, `pod-${index}`)).filter(
      (bucket) => bucket < share,
    ).length;
  for (const share of [1, 5, 50]) {
    expect(below('a', share) / 100).toBeGreaterThan(share * 0.8 - 0.2);
    expect(below('a', share) / 100).toBeLessThan(share * 1.2 + 0.2);
  }
  expect(below('a', 0)).toBe(0);
  expect(below('a', 100)).toBe(10_000);
});

test('two rules choose independently', () => {
  const subjects = Array.from({ length: 10_000 }, (_, index) => `pod-${index}`);
  const both = subjects.filter((id) => rolloutBucket('a', id) < 10 && rolloutBucket('b', id) < 10);
  expect(both.length).toBeGreaterThan(50);
  expect(both.length).toBeLessThan(170);
});
