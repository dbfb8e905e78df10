'use client';

import { type ReactNode, useState } from 'react';
import classes from './composer.module.css';

type FoldProps = {
  title: string;
  /** Its current value in one line, read while it is closed. */
  now: string;
  /** Something inside is wrong, so it must be seen. */
  wrong?: boolean;
  children: ReactNode;
};

/** A part of the form that most rules never touch. Only the person closes it: somebody may be typing inside. */
export function Fold({ title, now, wrong = false, children }: FoldProps) {
  const [open, setOpen] = useState(wrong);
  if (wrong && !open) setOpen(true);
  return (
    <details className={classes.fold} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span>{title}</span> <span className={classes.now}>{now}</span>
      </summary>
      <div className={classes.folded}>{children}</div>
    </details>
  );
}
