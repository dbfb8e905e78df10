'use client';

import { Button } from '@mantine/core';
import type { ReactNode, RefObject } from 'react';
import { Keys } from '#components/shell/shortcuts';
import type { Verdict } from '#lib/reviews/schema';
import { MoreActs } from './more-acts.tsx';
import classes from './workbench.module.css';

type DecisionBarProps = {
  armed: Verdict | null;
  /** Why nothing can be decided, such as before the item is claimed and painted; null where it can. */
  why: string | null;
  note: RefObject<HTMLInputElement | null>;
  acts: {
    verdict: (verdict: Verdict) => void;
    note: () => void;
    noteDone: () => void;
  } & Parameters<typeof MoreActs>[0]['acts'];
  /** What stands above the row while a question is open. */
  panels: ReactNode;
  /** What happened and how far one is. */
  children: ReactNode;
};

const VERDICTS = [
  ['harmful', 'Harmful', 'review.harmful'],
  ['benign', 'Benign', 'review.benign'],
  ['unsure', 'Unsure', 'review.unsure'],
] as const;

/** One row, always at the same place with the same buttons, so that hands can learn it. */
export function DecisionBar({ armed, why, note, acts, panels, children }: DecisionBarProps) {
  return (
    <section className={classes.bar} aria-label="Decision">
      {panels}
      <div className={classes.row}>
        <div className={classes.verdicts}>
          {VERDICTS.map(([verdict, label, act]) => (
            <Button
              key={verdict}
              color={verdict === 'harmful' ? 'red.9' : 'accent'}
              variant={armed === verdict ? 'filled' : 'default'}
              className={verdict === 'harmful' ? classes.harmful : undefined}
              data-armed={armed === verdict || undefined}
              aria-pressed={armed === verdict}
              aria-disabled={why !== null}
              title={why ?? undefined}
              onClick={() => acts.verdict(verdict)}
              rightSection={<Keys act={act} />}
            >
              {label}
            </Button>
          ))}
        </div>
        {children}
        <label className={classes.note}>
          <span>
            Note <Keys act="review.note" />
          </span>
          <input
            ref={note}
            maxLength={4_000}
            placeholder=" "
            className={classes.input}
            onKeyDown={(event) => {
              if (event.key !== 'Escape' && event.key !== 'Enter') return;
              event.preventDefault();
              event.currentTarget.blur();
              if (event.key === 'Enter') acts.noteDone();
            }}
          />
        </label>
        <MoreActs acts={acts} />
      </div>
    </section>
  );
}
