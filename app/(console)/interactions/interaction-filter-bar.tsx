import { Button, NativeSelect, TextInput } from '@mantine/core';
import {
  CATEGORIES,
  type ListInteractions,
  OUTCOMES,
  QUEUE_STATES,
  SEVERITIES,
} from '#lib/interactions/schema';
import classes from './interaction.module.css';

const any = { value: '', label: 'any' };
const words = (values: readonly string[]) => [
  any,
  ...values.map((value) => ({ value, label: value.replaceAll('_', ' ') })),
];

/** A plain GET form: works before any script, and the address is the state. */
export function InteractionFilterBar({ filters }: { filters: ListInteractions }) {
  return (
    <form action="/interactions" className={classes.filters} aria-label="Filter interactions">
      <NativeSelect
        data-filter
        size="xs"
        name="state"
        label="Review"
        defaultValue={filters.state ?? ''}
        data={words(QUEUE_STATES)}
      />
      <NativeSelect
        size="xs"
        name="severity"
        label="Severity"
        defaultValue={filters.severity ?? ''}
        data={words(SEVERITIES)}
      />
      <NativeSelect
        size="xs"
        name="category"
        label="Category"
        defaultValue={filters.category ?? ''}
        data={words(CATEGORIES)}
      />
      <NativeSelect
        size="xs"
        name="outcome"
        label="Outcome"
        defaultValue={filters.outcome ?? ''}
        data={words(OUTCOMES)}
      />
      <TextInput
        size="xs"
        name="language"
        label="Language"
        defaultValue={filters.language ?? ''}
        maxLength={60}
      />
      {(['since', 'until', 'decidedSince', 'decidedUntil'] as const).map(
        (name) => filters[name] && <input key={name} type="hidden" name={name} value={filters[name]} />,
      )}
      <Button type="submit" size="xs" variant="default">
        Filter
      </Button>
    </form>
  );
}
