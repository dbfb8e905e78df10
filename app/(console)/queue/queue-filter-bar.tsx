'use client';

import { Button, Menu, TextInput } from '@mantine/core';
import { IconChevronDown, IconX } from '@tabler/icons-react';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import type { ReactNode } from 'react';
import { Keys } from '#components/shell/shortcuts';
import type { Facet } from '#lib/reviews/queries';
import type { ListQueue } from '#lib/reviews/schema';
import classes from './queue.module.css';

type QueueFilterBarProps = {
  filters: ListQueue;
  severities: Facet[];
  categories: Facet[];
  languages: Facet[];
  /** How many the filters find, in words; null where nothing is narrowed. */
  matches: string | null;
  /** What else stands in the row. */
  children: ReactNode;
};

type Name = 'q' | 'severity' | 'category' | 'language' | 'holder' | 'cluster' | 'detector' | 'group';

/** One row of filters that live in the address, so that a view can be kept and shared. */
export function QueueFilterBar(props: QueueFilterBarProps) {
  const { filters, severities, categories, languages, matches, children } = props;
  const router = useRouter();
  const pathname = usePathname();
  const search = useSearchParams();

  function set(name: Name, value: string) {
    const query = new URLSearchParams(search);
    for (const gone of ['cursor', 'open', name]) query.delete(gone);
    if (value !== '') query.set(name, value);
    router.replace(query.size === 0 ? pathname : `${pathname}?${query}`);
  }

  function find(value: string) {
    if (value.trim() !== (filters.q ?? '')) set('q', value.trim());
  }

  const known = languages.some(({ value }) => value === filters.language);
  const spoken: Choice[] =
    known || !filters.language ? languages : [{ value: filters.language }, ...languages];
  return (
    <search className={classes.filters} aria-label="Filter the queue">
      {/* Uncontrolled, so that typing waits for nothing; the key makes it follow the address. */}
      <TextInput
        key={filters.q ?? ''}
        data-filter
        size="xs"
        className={classes.find}
        aria-label="Search what waits: text, id, C-12, detector"
        placeholder="Text, id, C-12, detector"
        defaultValue={filters.q ?? ''}
        maxLength={200}
        rightSection={<Keys keys="/" />}
        rightSectionPointerEvents="none"
        onBlur={(event) => find(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find(event.currentTarget.value);
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <Chip
        label="Severity"
        value={filters.severity}
        choices={severities.toReversed()}
        onSet={(value) => set('severity', value)}
      />
      <Chip
        label="Category"
        value={filters.category}
        choices={categories.filter(({ value, pending }) => pending > 0 || value === filters.category)}
        onSet={(value) => set('category', value)}
      />
      <Chip
        label="Language"
        value={filters.language}
        choices={spoken}
        onSet={(value) => set('language', value)}
      />
      <Chip
        label="Held by"
        value={filters.holder === 'mine' ? 'mine' : undefined}
        choices={[{ value: 'mine', label: 'me, or handed to me' }]}
        any="anyone, or nobody"
        onSet={(value) => set('holder', value)}
      />
      {(['cluster', 'detector'] as const).map(
        (name) =>
          filters[name] && (
            <Given key={name} label={name} value={filters[name]} onClear={() => set(name, '')} />
          ),
      )}
      <Button
        size="xs"
        variant={filters.group === 'none' ? 'default' : 'light'}
        aria-pressed={filters.group !== 'none'}
        onClick={() => set('group', filters.group === 'none' ? '' : 'none')}
      >
        Grouped
      </Button>
      {matches !== null && (
        <span className={classes.matches} role="status">
          {matches}
        </span>
      )}
      {matches !== null && (
        <Button size="xs" variant="subtle" onClick={() => router.replace(pathname)}>
          Clear
        </Button>
      )}
      {children}
    </search>
  );
}

type Choice = { value: string; label?: string; pending?: number; capped?: boolean };
type ChipProps = {
  label: string;
  value: string | undefined;
  choices: Choice[];
  any?: string;
  onSet: (value: string) => void;
};

/** One filter: what it is set to, and on opening what there is with how many wait. */
function Chip({ label, value, choices, any = 'any', onSet }: ChipProps) {
  const nameOf = (choice: Choice) => choice.label ?? choice.value.replaceAll('_', ' ');
  const chosen = choices.find((choice) => choice.value === value);
  return (
    <Menu position="bottom-start" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button
          size="xs"
          variant={value ? 'light' : 'default'}
          rightSection={<IconChevronDown size={12} aria-hidden="true" />}
        >
          {value ? `${label}: ${chosen ? nameOf(chosen) : value}` : label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.choices}>
        <Menu.RadioGroup value={value ?? ''} onChange={onSet}>
          {[{ value: '', label: any }, ...choices].map((choice: Choice) => (
            <Menu.RadioItem
              key={choice.value}
              value={choice.value}
              closeMenuOnClick
              rightSection={
                choice.pending !== undefined && (
                  <span className={classes.tabCount}>
                    {choice.pending.toLocaleString('en')}
                    {choice.capped && '+'}
                  </span>
                )
              }
            >
              {nameOf(choice)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

/** A filter that came with the address. */
function Given({ label, value, onClear }: { label: string; value: string; onClear: () => void }) {
  return (
    <Button
      size="xs"
      variant="light"
      className={classes.set}
      aria-label={`Remove the filter ${label}: ${value}`}
      rightSection={<IconX size={12} aria-hidden="true" />}
      onClick={onClear}
    >
      {label}: {value}
    </Button>
  );
}
