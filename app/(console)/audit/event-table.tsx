import Link from 'next/link';
import { Visible, VisibleBlock } from '#components/diff/visible';
import type { EventRow } from '#lib/audit/queries';
import classes from './audit.module.css';

/** One sentence per event; opened, it shows the stored record with what was there before and after. */
export function EventTable({ rows }: { rows: EventRow[] }) {
  return (
    <div className={classes.frame}>
      <table className={classes.table}>
        <caption className={classes.caption}>Events, newest first</caption>
        <thead>
          <tr>
            <th scope="col" className={classes.time}>
              Time (UTC)
            </th>
            <th scope="col">What happened</th>
            <th scope="col" className={classes.subject}>
              Where
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td className={classes.time}>
                <time dateTime={row.occurredAt.toISOString()}>
                  {row.occurredAt.toISOString().slice(0, 19).replace('T', ' ')}
                </time>
              </td>
              <td>
                <details>
                  <summary className={classes.sentence}>
                    <Visible text={row.sentence} />
                  </summary>
                  <VisibleBlock text={JSON.stringify(JSON.parse(row.body), null, 2)} />
                </details>
              </td>
              <td className={classes.subject}>
                {row.href ? (
                  <Link href={row.href} prefetch={false} aria-label={`Open ${placeOf(row.href)}`}>
                    {placeOf(row.href)}
                  </Link>
                ) : (
                  <span className="quiet">{row.action.split('.')[0]}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** `INC-12`, `R-31`, or the kind of thing where the id says nothing. */
function placeOf(href: string): string {
  const [, room = '', id = ''] = href.split(/[/?]/);
  return /^(INC|R)-\d+$/.test(id) ? id : room.replace(/s$/, '');
}
