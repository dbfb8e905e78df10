import Link from 'next/link';
import { Fragment, type ReactNode } from 'react';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import type { Trouble } from '#lib/fleet/troubles';
import classes from './fleet.module.css';

const SHOWN = 20;
/** Instances that are named in one line. */
const NAMED = 5;

type Props = {
  troubles: Trouble[];
  /** How many instances could have said something. */
  known: number;
  children?: ReactNode;
};

export function TroubleList({ troubles, known, children }: Props) {
  // The same whole sentence about many instances is one line.
  const lines = [...Map.groupBy(troubles, (each) => (each.isWhole ? each.text : each)).values()];
  return (
    <section aria-labelledby="wrong" className={classes.section}>
      <h2 id="wrong" className={classes.heading}>
        What is wrong {children}
      </h2>
      {lines.length === 0 ? (
        <p className={classes.note}>
          No problems reported by {known} of {known} known {known === 1 ? 'instance' : 'instances'}.
        </p>
      ) : (
        <ul className={classes.troubles}>
          {lines.slice(0, SHOWN).map((same) => (
            <Line key={`${same[0]?.instanceId} ${same[0]?.text}`} same={same} />
          ))}
          {lines.length > SHOWN && <li>And {lines.length - SHOWN} more.</li>}
        </ul>
      )}
    </section>
  );
}

function Line({ same }: { same: readonly Trouble[] }) {
  const [first] = same;
  if (!first) return null;
  const { text, isWhole } = first;
  const ids = same.flatMap(({ instanceId }) => instanceId ?? []);
  const heard = same.flatMap(({ lastSeenAt }) => lastSeenAt ?? []);
  return (
    <li>
      {ids.slice(0, NAMED).map((id, place) => (
        <Fragment key={id}>
          {place > 0 && ', '}
          <Link href={`/fleet?instance=${encodeURIComponent(id)}`} scroll={false} prefetch={false}>
            {id}
          </Link>
        </Fragment>
      ))}
      {ids.length > NAMED && ` and ${ids.length - NAMED} more`}
      {ids.length > 0 && (isWhole ? ': ' : ' ')}
      <Visible text={text} />{' '}
      {heard.length > 0 && (
        <span className={classes.heard}>
          Last heard <RelativeTime at={new Date(Math.max(...heard.map((at) => at.getTime())))} />.
        </span>
      )}
    </li>
  );
}
