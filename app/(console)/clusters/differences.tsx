import { Visible } from '#components/diff/visible';
import type { Difference } from '#lib/clusters/differences';
import type { StandingWait } from '#lib/clusters/standing-wait';
import classes from './clusters.module.css';

/** What one text has and another has not, by kind; null when one of them was erased. */
export function Differences({ differences }: { differences: Difference[] | null }) {
  if (differences === null) return <span className="quiet">text erased, nothing to compare</span>;
  if (differences.length === 0) return <span className="quiet">nothing but blanks or comments</span>;
  return (
    <span className={classes.differences}>
      {differences.map((difference) => (
        <span key={difference.kind} className={classes.difference}>
          <span className="quiet">{difference.kind}</span>
          {difference.without.map((text) => (
            <code key={`-${text}`} className={classes.gone}>
              <Visible text={text} />
            </code>
          ))}
          {difference.with.map((text) => (
            <code key={`+${text}`} className={classes.fresh}>
              <Visible text={text} />
            </code>
          ))}
          {difference.isCut && <span className="quiet">and more: see the code</span>}
        </span>
      ))}
    </span>
  );
}

/** Why an item waits although a lead lets arrivals of its cluster be decided by themselves. */
export function Waits({ waits: { by, differences } }: { waits: StandingWait }) {
  return (
    <>
      Waits: differs from what {by} saw{differences !== null && ': '}
      {differences !== null && <Differences differences={differences} />}
    </>
  );
}
