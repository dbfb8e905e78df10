import { describe, expect, it } from 'vitest';
import { claimFilters, queryOf, readQueueFilters } from './filters.ts';

describe('the filters of the queue', () => {
  it('leaves out only what it does not understand, and names it', () => {
    const search = {
      severity: 'high',
      category: 'nonsense',
      cluster: 'C-88',
      limit: 'many',
      extra: '1',
      language: '',
    };
    const { filters, dropped } = readQueueFilters(search);
    expect(filters).toMatchObject({ severity: 'high', cluster: 'C-88', limit: 50, holder: 'all' });
    expect(filters.category).toBeUndefined();
    expect(dropped).toEqual(['category', 'limit', 'extra']);
  });

  it('reads back what it writes', () => {
    const { filters } = readQueueFilters({ stage: 'lead', queue: 'default', holder: 'mine', limit: '20' });
    expect(readQueueFilters(Object.fromEntries(new URLSearchParams(queryOf(filters)))).filters).toEqual(
      filters,
    );
    expect(queryOf(readQueueFilters({}).filters)).toBe('');
    expect(claimFilters(filters)).toEqual({ stage: 'lead', queue: 'default' });
  });
});
