import Link from 'next/link';
import type { ReactNode } from 'react';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import type { Trouble } from '#lib/fleet/troubles';
import classes from './fleet.module.css';

const SHOWN = 20;

export function TroubleList({ troubles, children }: { troubles: Trouble[]; children?: ReactNode }) {
  return (
    <section aria-labelledby="wrong" className={classes.section}>
      <h2 id="wrong" className={classes.heading}>
        What is wrong {children}
      </h2>
      {troubles.length === 0 ? (
        <p className={classes.note}>
          Nothing. Every instance has what was published in force, or is about to.
        </p>
      ) : (
        <ul className={classes.troubles}>
          {troubles.slice(0, SHOWN).map(({ instanceId, text, isWhole, lastSeenAt }) => (
            <li key={`${instanceId} ${text}`}>
              {instanceId !== null && (
                <>
                  <Link
                    href={`/fleet?instance=${encodeURIComponent(instanceId)}`}
                    scroll={false}
                    prefetch={false}
                  >
                    {instanceId}
                  </Link>
                  {isWhole ? ': ' : ' '}
                </>
              )}
              <Visible text={text} />{' '}
              {lastSeenAt && (
                <span className="quiet">
                  Last heard <RelativeTime at={lastSeenAt} />.
                </span>
              )}
            </li>
          ))}
          {troubles.length > SHOWN && <li>And {troubles.length - SHOWN} more.</li>}
        </ul>
      )}
    </section>
  );
}
