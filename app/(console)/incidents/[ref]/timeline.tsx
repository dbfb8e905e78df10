import Link from 'next/link';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { mergeLines } from '#lib/audit/merge-lines';
import type { EventRow } from '#lib/audit/queries';
import classes from './incident.module.css';

type Props = {
  items: EventRow[];
  /** Incidents that were merged into this one, by id: their events are named after them. */
  merged: ReadonlyMap<string, string>;
};

/** Events and notes, newest first, each with its number in its incident: a gap would show. */
export function Timeline({ items, merged }: Props) {
  const place = ({ incidentId, incidentSeq }: EventRow) =>
    [merged.get(incidentId ?? ''), `#${incidentSeq}`].filter(Boolean).join(' ');
  return (
    <ol className={classes.timeline}>
      {mergeLines(items).map((item) => (
        <li key={item.id}>
          <span className={classes.when}>
            <RelativeTime at={item.occurredAt} />
            <span className="quiet">
              {place(item)}
              {item.also && `, ${place(item.also)}`}
            </span>
          </span>
          <span className={classes.what}>
            <Visible text={item.sentence} />
            {item.href && !item.href.startsWith('/incidents/') && (
              <>
                {' '}
                <Link href={item.href} prefetch={false} aria-label={`Open: ${item.sentence.slice(0, 80)}`}>
                  open
                </Link>
              </>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
