import Link from 'next/link';
import { Fragment } from 'react';
import type { IncidentDetail } from '#lib/incidents/queries';
import classes from './incident.module.css';

/** Where a merged incident goes on, and what came into this one by merges. */
export function MergeNote({ incident }: { incident: IncidentDetail }) {
  const { mergeChain, merged } = incident;
  if (mergeChain.length === 0 && merged.length === 0) return null;
  return (
    <p role="status" className={classes.merge}>
      {mergeChain.length > 0 && (
        <>
          Merged into{' '}
          {mergeChain.map((ref, place) => (
            <Fragment key={ref}>
              {place > 0 && ', which was merged into '}
              <Link href={`/incidents/${ref}`}>{ref}</Link>
            </Fragment>
          ))}
          . Its rules and evidence are in {mergeChain.at(-1)}.{' '}
        </>
      )}
      {merged.length > 0 && (
        <>
          Includes{' '}
          {merged.map(({ ref, title }, place) => (
            <Fragment key={ref}>
              {place > 0 && ', '}
              <Link href={`/incidents/${ref}`} title={title}>
                {ref}
              </Link>
            </Fragment>
          ))}
          , merged in: rules, evidence and timeline are shown here.
        </>
      )}
    </p>
  );
}
