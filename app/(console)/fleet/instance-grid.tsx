import Link from 'next/link';
import type { ShownState } from '#lib/fleet/instance-state';
import type { InstanceRow } from '#lib/fleet/queries';
import type { FleetFilter } from '#lib/fleet/schema';
import classes from './fleet.module.css';
import { fleetAddress } from './fleet-address.ts';

/** A mark inside the square, so that a state is never told by colour alone. */
const MARKS: Record<ShownState, string> = {
  active: '',
  adopting: '…',
  lagging: '‹',
  ahead: '›',
  failed: '×',
  stale: '~',
  gone: '?',
  closed: '',
  retired: '',
};

const LEGEND: { state: ShownState; text: string }[] = [
  { state: 'active', text: 'active' },
  { state: 'adopting', text: 'adopting' },
  { state: 'lagging', text: 'lagging' },
  { state: 'ahead', text: 'ahead of this database' },
  { state: 'failed', text: 'failed' },
  { state: 'stale', text: 'stale' },
  { state: 'gone', text: 'silent' },
];

/** How far behind the newest ruleset, as a step of the fill: 0 is the newest, 3 is none at all. */
function fillOf(activeSeq: number, newestSeq: number): number {
  if (activeSeq === 0) return 3;
  return Math.min(2, Math.max(0, newestSeq - activeSeq));
}

type Props = { rows: InstanceRow[]; newestSeq: number; chosen: string | undefined; filter: FleetFilter };

const told = ({ state, activeSeq, breakers, kind }: InstanceRow) =>
  `${kind === 'sdk' ? '' : `${kind}, `}${state === 'gone' ? 'silent' : state}, ruleset ${activeSeq}${breakers.length > 0 ? ', a rule turned down' : ''}`;

/** Every instance as a small square: its fill is the revision, its edge and mark are the state. */
export function InstanceGrid({ rows, newestSeq, chosen, filter }: Props) {
  const regions = Map.groupBy(rows, (row) => row.labels.region ?? 'no region');
  return (
    <section aria-labelledby="instances" className={classes.section}>
      <h2 id="instances" className={classes.heading}>
        Instances
      </h2>
      <div className={classes.regions}>
        {[...regions]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([region, members]) => (
            <div key={region} className={classes.region}>
              <h3 className={classes.regionName}>
                {region} <span className="quiet">{members.length}</span>
              </h3>
              <ul className={classes.squares}>
                {members.map((row) => (
                  <li key={row.id}>
                    <Link
                      href={fleetAddress({ ...filter, instance: row.id })}
                      scroll={false}
                      prefetch={false}
                      className={classes.square}
                      data-state={row.state}
                      data-fill={fillOf(row.activeSeq, newestSeq)}
                      aria-current={row.id === chosen || undefined}
                      data-breaker={row.breakers.length > 0 || undefined}
                      aria-label={`${row.id}, ${told(row)}`}
                      title={`${row.id}\n${told(row)}`}
                    >
                      <span aria-hidden="true">{row.breakers.length > 0 ? '!' : MARKS[row.state]}</span>
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          ))}
      </div>
      <ul className={classes.legend} aria-label="What the squares mean">
        {LEGEND.map(({ state, text }) => (
          <li key={state}>
            <span
              className={classes.square}
              data-state={state}
              data-fill={state === 'active' ? 0 : 1}
              aria-hidden="true"
            >
              {MARKS[state]}
            </span>
            {text}
          </li>
        ))}
        <li className="quiet">! the instance turned a rule down to shadow</li>
        <li className="quiet">full: ruleset {newestSeq}, paler: older, empty: none</li>
      </ul>
    </section>
  );
}
