import classes from './diff.module.css';
import { Marked } from './marked.tsx';

// A newline that comes right after <pre> is dropped by HTML, and text may begin with one: <code> stands between.

/** The text as it is, without highlighting: before the highlighter is there, and wherever it gives up. */
export function PlainBlock({ before, completion }: { before: string | null; completion: string }) {
  return (
    <div className={classes.plain}>
      {before !== null && (
        <>
          <p className={classes.side}>Before</p>
          <pre className={classes.pre}>
            <code>
              <Marked text={before} />
            </code>
          </pre>
          <p className={classes.side}>After</p>
        </>
      )}
      <pre className={classes.pre}>
        <code>
          <Marked text={completion} />
        </code>
      </pre>
    </div>
  );
}
