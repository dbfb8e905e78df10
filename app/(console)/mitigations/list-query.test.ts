import { expect, it } from 'vitest';
import { listQuery, readFilters } from './list-query.ts';

it('reads what it wrote', () => {
  const filters = { state: 'live', stage: 'canary', action: 'block', q: 'a b&c', cursor: '12' } as const;
  const search = Object.fromEntries(new URLSearchParams(listQuery(filters)));
  expect(readFilters(search)).toEqual(filters);
  expect(listQuery({})).toBe('');
});

it('takes an empty field for none and a made-up one for everything', () => {
  expect(readFilters({ q: '', action: '', stage: 'shadow' })).toEqual({ stage: 'shadow' });
  expect(readFilters({ state: 'nonsense' })).toEqual({});
  expect(readFilters({ state: ['live', 'draft'] })).toEqual({});
});
