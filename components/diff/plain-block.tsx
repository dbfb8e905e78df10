import classes from './diff.module.css';
import { Marked } from './marked.tsx';

/** The text as it is, without highlighting: before the highlighter is there, and wherever it gives up. */
export function PlainBlock({ before, completion }: { before: string | null; completion: string }) {
  return (
    <div className={classes.plain}>
      {before !== null && (
        <>
          <p className={classes.side}>Before</p>
          <pre className={classes.pre}>
            <Marked text={before} />
          </pre>
          <p className={classes.side}>After</p>
        </>
      )}
      <pre className={classes.pre}>
        <Marked text={completion} />
      </pre>
    </div>
  );
}
