import type { ReactNode } from 'react';
import { VisibleBlock } from '#components/diff/visible';
import classes from './interaction.module.css';

/** One line of what is known of an interaction. */
export function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** What a source sent along, folded; nothing where it sent none. */
export function Extra({ name, value }: { name: string; value: unknown }) {
  if (value === null || value === undefined) return null;
  return (
    <details className={classes.prompt}>
      <summary>{name}</summary>
      <VisibleBlock text={JSON.stringify(value, null, 2)} />
    </details>
  );
}
