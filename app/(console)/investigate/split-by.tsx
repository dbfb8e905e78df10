'use client';

import { NativeSelect } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { investigateHref } from '#lib/search/address';
import type { Term } from '#lib/search/query';
import type { Field } from '#lib/search/schema';
import classes from './investigate.module.css';

/** One or two fields that the bars are split by. */
export function SplitBy({
  fields,
  by,
  q,
}: {
  fields: readonly Field[];
  by: readonly Field[];
  q: readonly Term[];
}) {
  const router = useRouter();
  const go = (next: (string | undefined)[]) => {
    const chosen = fields
      .filter((field) => next.includes(field))
      .sort((a, b) => next.indexOf(a) - next.indexOf(b));
    router.push(investigateHref(q, chosen));
  };
  return (
    <div className={classes.split}>
      <NativeSelect
        size="xs"
        label="Split by"
        value={by[0]}
        onChange={(event) => go([event.currentTarget.value, by[1]])}
        data={[...fields]}
      />
      <NativeSelect
        size="xs"
        label="and by"
        value={by[1] ?? ''}
        onChange={(event) => go([by[0], event.currentTarget.value])}
        data={[{ value: '', label: 'nothing else' }, ...fields.filter((field) => field !== by[0])]}
      />
    </div>
  );
}
