import { Visible } from '#components/diff/visible';
import { Countdown } from '#components/relative-time';
import classes from '../mitigations.module.css';

type Props = {
  reason: string;
  /** Until then somebody else must have approved it; null once somebody has. */
  dueAt: Date | null;
};

/** A rule that one person let out alone, and how long it has before it ends for want of a second. */
export function BreakGlassBanner({ reason, dueAt }: Props) {
  return (
    <p className={classes.banner} role="status">
      <strong>Published without an approval</strong> “
      <Visible text={reason} />” ·{' '}
      {dueAt === null ? (
        'Somebody else has approved it since.'
      ) : (
        <>
          It ends by itself <Countdown at={dueAt} /> unless somebody else approves it.
        </>
      )}
    </p>
  );
}
