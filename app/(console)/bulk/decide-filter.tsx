'use client';

import type { CurrentPolicy } from '#lib/policies/queries';
import type { BatchFilter } from '#lib/reviews/schema';
import { decideFilterAction } from './actions.ts';
import { DecideMany, type LookedAt } from './decide-many.tsx';

type DecideFilterProps = { filter: BatchFilter; preview: LookedAt; policies: CurrentPolicy[] };

export function DecideFilter({ filter, preview, policies }: DecideFilterProps) {
  return (
    <DecideMany
      preview={preview}
      noun={preview.count === 1 ? 'item' : 'items'}
      policies={policies}
      decide={(word) => decideFilterAction({ filter, ...word })}
    />
  );
}
