import { expect, it } from 'vitest';
import { hasTime, NO_TIME } from './occurred.ts';

it('tells the stand-in for no time from every real one, as text and as a date', () => {
  expect(hasTime(NO_TIME)).toBe(false);
  expect(hasTime(new Date(NO_TIME))).toBe(false);
  expect(hasTime('1970-01-01T05:30:00+05:30')).toBe(false);
  expect(hasTime('2026-11-22T14:05:00Z')).toBe(true);
});
