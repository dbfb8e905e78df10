'use client';

import { Button } from '@mantine/core';
import { Keys } from '#components/shell/shortcuts';
import type { OutboxState } from '../outbox.ts';
import classes from './workbench.module.css';

type BreakCardProps = { consecutive: number; minutes: number; done: OutboxState | null; onGoOn: () => void };

/** A pause is proposed, never forced. */
export function BreakCard({ consecutive, minutes, done, onGoOn }: BreakCardProps) {
  return (
    <section className={classes.card} aria-label="A pause">
      <h1 className={classes.cardTitle}>{consecutive} in a row. Time for a few minutes away?</h1>
      {done && <p className={classes.quiet}>{doneWords(done)}</p>}
      <p className={classes.quiet}>
        Nothing is held for you now. {minutes} minutes without a decision count as a pause, and you are not
        asked again until the next run.
      </p>
      <Button data-autofocus onClick={onGoOn} variant="default" rightSection={<Keys keys="Enter" />}>
        Go on
      </Button>
    </section>
  );
}

/** "12 decided here in 9 minutes: 7 harmful, 4 benign, 1 unsure." */
export function doneWords({ tally, since }: OutboxState): string {
  const total = tally.harmful + tally.benign + tally.unsure;
  if (total === 0 || since === null) return 'Nothing decided in this tab yet.';
  const minutes = Math.max(1, Math.round((Date.now() - since) / 60_000));
  const parts = Object.entries(tally).flatMap(([verdict, count]) =>
    count > 0 ? [`${count} ${verdict}`] : [],
  );
  return `${total} decided here in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}: ${parts.join(', ')}.`;
}
