'use client';

import { useNow } from '#components/relative-time';
import type { Current } from './session.ts';
import classes from './workbench.module.css';

/** How long the item is still this person's, as time and as a bar. */
export function LeaseClock({ current }: { current: Current }) {
  const now = useNow();
  if (current.kind !== 'item') return <span className={classes.lease} />;
  if (!current.claim)
    return <span className={classes.lease}>{current.lost ? 'not yours' : 'claiming…'}</span>;
  const left = Math.max(0, Math.ceil((current.deadline - (now ?? current.deadline)) / 1_000));
  const share = Math.min(1, left / Math.max(1, current.claim.seconds));
  const words = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  return (
    <span className={classes.lease} data-low={share < 0.25 || undefined} role="timer" aria-label="Yours for">
      {left === 0 ? 'no longer yours' : `Yours for ${words}`}
      <meter className={classes.meter} min={0} max={1} low={0.25} value={share} aria-label="Time left" />
    </span>
  );
}
