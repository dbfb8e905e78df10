import { Button, NativeSelect, TextInput } from '@mantine/core';
import Link from 'next/link';
import { STAGES } from '#lib/mitigations/plan';
import type { ListMitigations } from '#lib/mitigations/schema';
import { MITIGATION_STATES } from '#lib/mitigations/states';
import { ACTIONS } from '#sdk/rule';
import { listQuery } from './list-query.ts';
import classes from './mitigations.module.css';

const choices = (values: readonly string[]) => [
  { value: '', label: 'any' },
  ...values.map((value) => ({ value, label: value.replaceAll('_', ' ') })),
];

/** States one click away; the rest a plain GET form, so that the address is the state. */
export function MitigationFilters({ filters }: { filters: ListMitigations }) {
  const { state } = filters;
  return (
    <div className={classes.filterBar}>
      <nav aria-label="States" className={classes.filters}>
        {[undefined, ...MITIGATION_STATES].map((each) => (
          <Link
            key={each ?? 'all'}
            href={`/mitigations${listQuery({ ...filters, state: each, stage: undefined, cursor: undefined })}`}
            className={classes.filter}
            aria-current={state === each ? 'page' : undefined}
            prefetch={false}
          >
            {each ?? 'all'}
          </Link>
        ))}
      </nav>
      <form action="/mitigations" className={classes.form} aria-label="Filter mitigations">
        {state && <input type="hidden" name="state" value={state} />}
        <TextInput
          size="xs"
          type="search"
          name="q"
          label="Title, R-31 or INC-12"
          defaultValue={filters.q ?? ''}
          maxLength={100}
        />
        <NativeSelect
          size="xs"
          name="stage"
          label="Stage"
          defaultValue={filters.stage ?? ''}
          data={choices(STAGES)}
        />
        <NativeSelect
          size="xs"
          name="action"
          label="Does"
          defaultValue={filters.action ?? ''}
          data={choices(ACTIONS)}
        />
        <Button type="submit" size="xs" variant="default">
          Filter
        </Button>
      </form>
    </div>
  );
}
