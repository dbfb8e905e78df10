import Link from 'next/link';
import type { FleetPart } from '#lib/fleet/instance-filter';
import type { InstanceRow } from '#lib/fleet/queries';
import type { FleetFilter } from '#lib/fleet/schema';
import classes from './fleet.module.css';
import { fleetAddress } from './fleet-address.ts';

const STATES = [
  ['ahead', 'ahead'],
  ['failed', 'failed'],
  ['lagging', 'lagging'],
  ['gone', 'silent'],
  ['stale', 'stale'],
  ['adopting', 'adopting'],
  ['breaker', 'breaker open'],
  ['active', 'active'],
] as const;

/** Which instances are looked at. A plain form: it works before any script has loaded, and lives in the address. */
export function FleetFilterBar({ part, filter }: { part: FleetPart<InstanceRow>; filter: FleetFilter }) {
  const isFiltered = filter.state !== undefined || filter.label !== undefined || filter.q !== undefined;
  return (
    <div className={classes.filters}>
      <nav aria-label="By state" className={classes.chips}>
        <Link
          href={fleetAddress({ ...filter, state: undefined, page: undefined })}
          aria-current={filter.state === undefined || undefined}
          prefetch={false}
        >
          all {part.total.toLocaleString('en')}
        </Link>
        {STATES.flatMap(([state, name]) => {
          const count = part.states[state] ?? 0;
          if (count === 0 && filter.state !== state) return [];
          return [
            <Link
              key={state}
              href={fleetAddress({ ...filter, state, page: undefined })}
              aria-current={filter.state === state || undefined}
              prefetch={false}
            >
              {name} {count.toLocaleString('en')}
            </Link>,
          ];
        })}
      </nav>
      <form action="/fleet" className={classes.search}>
        {filter.state && <input type="hidden" name="state" value={filter.state} />}
        <input
          type="search"
          name="q"
          key={`q ${filter.q ?? ''}`}
          defaultValue={filter.q ?? ''}
          placeholder="Part of a name"
          aria-label="Find instances by name"
        />
        {part.labels.length > 0 && (
          <select
            name="label"
            key={`label ${filter.label ?? ''}`}
            defaultValue={filter.label ?? ''}
            aria-label="Filter by label"
          >
            <option value="">any label</option>
            {part.labels.map(({ label, count }) => (
              <option key={label} value={label}>
                {label} ({count})
              </option>
            ))}
            {filter.label && !part.labels.some(({ label }) => label === filter.label) && (
              <option value={filter.label}>{filter.label}</option>
            )}
          </select>
        )}
        <button type="submit">Show</button>
        {isFiltered && (
          <Link href="/fleet" prefetch={false}>
            Clear
          </Link>
        )}
      </form>
    </div>
  );
}

/** Which part of what matches is on the page. */
export function FleetPages({ part, filter }: { part: FleetPart<InstanceRow>; filter: FleetFilter }) {
  const { matching, total, page, pages } = part;
  const count = (n: number) => n.toLocaleString('en');
  if (matching === 0) return <p className={classes.note}>No instance matches. {count(total)} are there.</p>;
  if (pages === 1) return null;
  return (
    <nav aria-label="Pages of instances" className={classes.pages}>
      {page > 1 && (
        <Link href={fleetAddress({ ...filter, page: page - 1 })} prefetch={false}>
          Previous
        </Link>
      )}
      <span>
        Page {page} of {pages}, {count(matching)} instances, worst first
      </span>
      {page < pages && (
        <Link href={fleetAddress({ ...filter, page: page + 1 })} prefetch={false}>
          Next
        </Link>
      )}
    </nav>
  );
}
