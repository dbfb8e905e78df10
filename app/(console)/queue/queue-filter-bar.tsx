'use client';

import { NativeSelect, TextInput } from '@mantine/core';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import type { FocusEvent, KeyboardEvent } from 'react';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';
import type { ListQueue } from '#lib/reviews/schema';
import classes from './queue.module.css';

type QueueFilterBarProps = {
  filters: ListQueue;
  languages: { language: string; pending: number; capped: boolean }[];
};

/** Filters that live in the address, so that a view can be kept and shared. */
export function QueueFilterBar({ filters, languages }: QueueFilterBarProps) {
  const router = useRouter();
  const pathname = usePathname();
  const search = useSearchParams();

  function set(name: string, value: string) {
    const query = new URLSearchParams(search);
    query.delete('cursor');
    if (value === '' || value === 'all') query.delete(name);
    else query.set(name, value);
    router.replace(query.size === 0 ? pathname : `${pathname}?${query}`);
  }

  // Taken when it is finished: with Enter, or on leaving the field.
  function sets(name: 'cluster' | 'detector') {
    const take = (value: string) => {
      const now = value.trim();
      if (now !== (filters[name] ?? '')) set(name, name === 'cluster' ? now.toUpperCase() : now);
    };
    return {
      onBlur: (event: FocusEvent<HTMLInputElement>) => take(event.currentTarget.value),
      onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => {
        if (event.key === 'Enter') take(event.currentTarget.value);
        if (event.key === 'Escape') event.currentTarget.blur();
      },
    };
  }

  const languageOptions = languages.map(({ language, pending, capped }) => ({
    value: language,
    label: `${language} (${pending.toLocaleString('en')}${capped ? '+' : ''})`,
  }));
  if (filters.language && !languages.some(({ language }) => language === filters.language)) {
    languageOptions.unshift({ value: filters.language, label: filters.language });
  }
  return (
    <search className={classes.filters} aria-label="Filter the queue">
      <NativeSelect
        data-filter
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
          ...CATEGORIES.map((category) => ({ value: category, label: category.replaceAll('_', ' ') })),
        ]}
      />
      <NativeSelect
        size="xs"
        label="Language"
        value={filters.language ?? ''}
        onChange={(event) => set('language', event.currentTarget.value)}
        data={[{ value: '', label: 'any' }, ...languageOptions]}
      />
      <NativeSelect
        size="xs"
        label="Held"
        value={filters.holder ?? 'all'}
        onChange={(event) => set('holder', event.currentTarget.value)}
        data={[
          { value: 'all', label: 'by anybody or not' },
          { value: 'mine', label: 'by me, or for me' },
        ]}
      />
      {/* Uncontrolled, so that typing waits for nothing; the key makes it follow the address. */}
      <TextInput
        key={`cluster ${filters.cluster ?? ''}`}
        size="xs"
        label="Cluster"
        placeholder="C-88"
        defaultValue={filters.cluster ?? ''}
        {...sets('cluster')}
      />
      <TextInput
        key={`detector ${filters.detector ?? ''}`}
        size="xs"
        label="Detector"
        placeholder="such as semgrep"
        defaultValue={filters.detector ?? ''}
        {...sets('detector')}
      />
    </search>
  );
}
