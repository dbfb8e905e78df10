'use client';

import { once } from '#components/once';
import type { CurrentPolicy } from '#lib/policies/queries';
import type { Begun } from '../../bulk/begun.ts';
import classes from '../../bulk/bulk.module.css';
import { DecideMany, type LookedAt } from '../../bulk/decide-many.tsx';
import { decideClusterAction } from '../actions.ts';

const decideClusterOnce = once(decideClusterAction);

type DecideClusterProps = {
  clusterId: string;
  noun: string;
  preview: LookedAt;
  excluded: { reason: string; count: number }[];
  policies: CurrentPolicy[];
  begun: Begun | null;
};

/** The members that would be decided, those that would not and why, and the bar that decides them. */
export function DecideCluster({ clusterId, noun, preview, excluded, policies, begun }: DecideClusterProps) {
  return (
    <>
      {excluded.length > 0 && (
        <p className={classes.excluded}>
          Not decided with the others:{' '}
          {excluded.map((each) => `${each.count.toLocaleString('en')} ${each.reason}`).join(', ')}.
        </p>
      )}
      <DecideMany
        preview={preview}
        noun={noun}
        policies={policies}
        begun={begun}
        decide={(word) => decideClusterOnce({ clusterId, ...word })}
      />
    </>
  );
}
