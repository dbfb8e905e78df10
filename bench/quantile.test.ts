import { expect, test } from 'vitest';
import { quantile, summary } from './quantile.ts';

test('nearest rank, whatever the order', () => {
  const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([quantile(samples, 0.5), quantile(samples, 0.99), quantile(samples, 1)]).toEqual([50, 99, 100]);
  expect(quantile([7], 0.5)).toBe(7);
  expect(summary([])).toEqual({ samples: 0, p50: null, p99: null, max: null });
});
