'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { Keys } from '#components/shell/shortcuts';
import { useOutbox } from '../use-outbox.tsx';
import { BreakCard, doneWords } from './break-card.tsx';
import type { Current } from './session.ts';
import classes from './workbench.module.css';

type NoItemProps = { current: Exclude<Current, { kind: 'item' }>; onGoOn: () => void; query: string };

/** What stands where the item would be: on its way, nothing left, a pause, or no answer. */
export function NoItem({ current, onGoOn, query }: NoItemProps) {
  const done = useOutbox();
  if (current.kind === 'waiting') {
    return (
      <p className={classes.waiting} role="status">
        The next one is coming…
      </p>
    );
  }
  if (current.kind === 'break') {
    const goOn = () => {
      done.outbox.rest();
      onGoOn();
    };
    return (
      <BreakCard consecutive={current.consecutive} minutes={current.minutes} done={done} onGoOn={goOn} />
    );
  }
  return (
    <section className={classes.card} aria-label="Nothing to decide">
      <h1 className={classes.cardTitle}>
        {current.kind === 'empty' ? 'Nothing else is free here right now' : 'The next item did not come'}
      </h1>
      <p className={classes.quiet}>
        {current.kind === 'failed' && `${current.message} Nothing was lost. `}This page looks again by itself.
      </p>
      <p className={classes.quiet}>{doneWords(done)}</p>
      <p className={classes.cardActs}>
        <Button onClick={onGoOn} variant="default" rightSection={<Keys act="list.open" />}>
          Look again
        </Button>
        <Link href={`/queue${query}`}>Back to the queue</Link>
      </p>
    </section>
  );
}
