'use client';

import { NativeSelect } from '@mantine/core';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';
import classes from './queue.module.css';

type QueueFilterBarProps = {
  filters: { severity?: string; category?: string; language?: string; holder?: string };
  languages: { language: string; pending: number }[];
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

  const languageOptions = languages.map(({ language, pending }) => ({
    value: language,
    label: `${language} (${pending})`,
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
          { value: 'all', label: 'by anybody or nobody' },
          { value: 'mine', label: 'by me' },
        ]}
      />
    </search>
  );
}
