'use client';

import type { CurrentPolicy } from '#lib/policies/queries';
import type { BatchFilter } from '#lib/reviews/schema';
import { decideFilterAction } from './actions.ts';
import { DecideMany } from './decide-many.tsx';

type DecideFilterProps = { filter: BatchFilter; count: number; policies: CurrentPolicy[] };

export function DecideFilter({ filter, count, policies }: DecideFilterProps) {
  return (
    <DecideMany
      count={count}
      noun={count === 1 ? 'item' : 'items'}
      policies={policies}
      decide={(word) => decideFilterAction({ filter, ...word })}
    />
  );
}
