import { expect, test } from 'vitest';
import { arrivedIn, bucketLabel, decidedIn, keepingUp } from './words.ts';

test('buckets are named in UTC, whatever zone this runs in', () => {
  expect(bucketLabel('2026-11-22T00:00:00.000Z', 'day')).toBe('00:00');
  expect(bucketLabel('2026-11-22T18:00:00.000Z', 'week')).toBe('11-22 18h');
  expect(bucketLabel('2026-11-22T00:00:00.000Z', 'month')).toBe('11-22');
});

test('a bucket leads to what arrived in it', () => {
  const href = arrivedIn('2026-11-22T18:00:00.000Z', 6, { category: 'malware' });
  const query = new URLSearchParams(href.split('?')[1]);
  expect(Object.fromEntries(query)).toEqual({
    q: 'category:malware after:2026-11-22T18:00:00.000Z before:2026-11-23T00:00:00.000Z',
  });
});

test('a bar of decisions leads to what was decided then, not to what arrived', () => {
  const query = new URLSearchParams(decidedIn('2026-11-22T18:00:00.000Z', 6).split('?')[1]);
  expect(Object.fromEntries(query)).toEqual({
    q: 'decided-after:2026-11-22T18:00:00.000Z decided-before:2026-11-23T00:00:00.000Z',
  });
});

test('the answer says yes, no or nothing', () => {
  const at = '2026-11-22T18:00:00.000Z';
  expect(keepingUp([], 'last 24 hours')).toMatch(/^Nothing/);
  expect(keepingUp([{ at, arrived: 1, decided: 1 }], 'last 24 hours')).toMatch(/^Yes: 1 item arrived/);
  expect(keepingUp([{ at, arrived: 5, decided: 2 }], 'last 24 hours')).toMatch(/^No: .* so 3 more/);
});
