import { Button, NativeSelect } from '@mantine/core';
import { chartClasses as classes } from '#components/chart/chart-classes';
import { CATEGORIES } from '#lib/interactions/schema';
import { QUALITY_DAYS, type QualityFilters } from '#lib/quality/schema';

type Props = { filters: QualityFilters; queues: readonly { key: string; name: string }[] };

/** A plain GET form: the address is the state. */
export function FilterBar({ filters, queues }: Props) {
  return (
    <form action="/quality" className={classes.filters} aria-label="Narrow the figures">
      <NativeSelect
        size="xs"
        name="days"
        label="Time"
        defaultValue={filters.days}
        data={QUALITY_DAYS.map((value) => ({ value, label: `last ${value} days` }))}
      />
      <NativeSelect
        size="xs"
        name="queue"
        label="Queue"
        defaultValue={filters.queue ?? ''}
        data={[{ value: '', label: 'any' }, ...queues.map(({ key, name }) => ({ value: key, label: name }))]}
      />
      <NativeSelect
        size="xs"
        name="category"
        label="Category"
        defaultValue={filters.category ?? ''}
        data={[
          { value: '', label: 'any' },
          ...CATEGORIES.map((value) => ({ value, label: value.replaceAll('_', ' ') })),
        ]}
      />
      <Button type="submit" size="xs" variant="default">
        Filter
      </Button>
    </form>
  );
}
