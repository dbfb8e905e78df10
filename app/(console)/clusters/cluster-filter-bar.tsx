'use client';

import { NativeSelect, TextInput } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { CLUSTER_SORTS } from '#lib/clusters/schema';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';
import classes from './clusters.module.css';
import { type ClusterFilters, queryOf, readFilters } from './filters.ts';

const SORT_WORDS: Record<(typeof CLUSTER_SORTS)[number], string> = {
  size: 'largest',
  growth: 'growing fastest',
  newest: 'newest',
};

/** Filters that live in the address. */
export function ClusterFilterBar({ filters }: { filters: ClusterFilters }) {
  const router = useRouter();
  function set(name: keyof ClusterFilters, value: string) {
    const { cursor: _, ...now } = filters;
    const given = Object.fromEntries(Object.entries(now).map(([key, each]) => [key, String(each ?? '')]));
    router.replace(`/clusters${queryOf(readFilters({ ...given, [name]: value }))}`);
  }
  return (
    <search className={classes.filters} aria-label="Filter clusters">
      <NativeSelect
        data-filter
        size="xs"
        label="Sorted by"
        value={filters.sort}
        onChange={(event) => set('sort', event.currentTarget.value)}
        data={CLUSTER_SORTS.map((value) => ({ value, label: SORT_WORDS[value] }))}
      />
      <NativeSelect
        size="xs"
        label="Decisions"
        value={filters.state}
        onChange={(event) => set('state', event.currentTarget.value)}
        data={[
          { value: 'all', label: 'any' },
          { value: 'open', label: 'some members wait' },
          { value: 'decided', label: 'all decided' },
        ]}
      />
      <NativeSelect
        size="xs"
        label="Severity"
        value={filters.severity ?? ''}
        onChange={(event) => set('severity', event.currentTarget.value)}
        data={[{ value: '', label: 'any' }, ...SEVERITIES.toReversed()]}
      />
      <NativeSelect
        size="xs"
        label="Category"
        value={filters.category ?? ''}
        onChange={(event) => set('category', event.currentTarget.value)}
        data={[
          { value: '', label: 'any' },
          ...CATEGORIES.map((value) => ({ value, label: value.replaceAll('_', ' ') })),
        ]}
      />
      <TextInput
        size="xs"
        label="Language"
        defaultValue={filters.language ?? ''}
        maxLength={60}
        onBlur={(event) => {
          if (event.currentTarget.value !== (filters.language ?? ''))
            set('language', event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
    </search>
  );
}
