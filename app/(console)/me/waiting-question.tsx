import Link from 'next/link';
import { Question } from '#components/chart/question';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import type { OwnWork } from '#lib/quality/own-work';
import classes from './me.module.css';

type Props = { held: OwnWork['held']; skipped: OwnWork['skipped'] };

/** What one holds, and what one passed on. */
export function WaitingQuestion({ held, skipped }: Props) {
  return (
    <Question
      title="What have I left open?"
      answer={
        held.length + skipped.length === 0
          ? 'Nothing: you hold no item and have skipped none.'
          : `You hold ${held.length} and have skipped ${skipped.length}. A skipped item is hidden from you only; others get it.`
      }
    >
      {held.length > 0 && (
        <>
          <h3 className={classes.heading}>Held</h3>
          <ul className={classes.list}>
            {held.map((item) => (
              <li key={item.id}>
                <Link href={`/queue/${item.id}`} prefetch={false}>
                  <Visible text={item.title} />
                </Link>
                <div className="quiet">
                  {item.reason ? <Visible text={item.reason} /> : 'open'} · yours until it runs out{' '}
                  <RelativeTime at={item.until} /> · decision due <RelativeTime at={item.dueAt} />
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
      {skipped.length > 0 && (
        <>
          <h3 className={classes.heading}>Skipped</h3>
          <ul className={classes.list}>
            {skipped.map((item) => (
              <li key={item.id}>
                <Link href={`/interactions/${item.id}`} prefetch={false}>
                  <Visible text={item.title} />
                </Link>
                <div className="quiet">
                  {item.reason.replaceAll('_', ' ')}
                  {item.note && (
                    <>
                      {': '}
                      <Visible text={item.note} />
                    </>
                  )}{' '}
                  · <RelativeTime at={item.at} /> ·{' '}
                  {item.state === 'decided' ? 'decided since' : 'still pending'}
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
    </Question>
  );
}
