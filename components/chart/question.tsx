import { type ReactNode, useId } from 'react';
import classes from './chart.module.css';

/** A question, its answer in words, and what the answer rests on. */
export function Question({
  title,
  answer,
  children,
}: {
  title: string;
  answer?: ReactNode;
  children?: ReactNode;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={classes.question}>
      <h2 id={id} className={classes.title}>
        {title}
      </h2>
      {answer && <p className={classes.answer}>{answer}</p>}
      {children}
    </section>
  );
}
