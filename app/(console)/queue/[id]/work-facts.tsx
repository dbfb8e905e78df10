'use client';

import Link from 'next/link';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import { notShownLabel } from '#lib/interactions/not-shown';
import { hasTime } from '#lib/interactions/occurred';
import { Waits } from '../../clusters/differences.tsx';
import { Extra, Fact } from '../../interactions/fact.tsx';
import layout from '../../interactions/interaction.module.css';
import { BandMark } from '../band-mark.tsx';
import type { ShownItem } from '../work.ts';
import classes from './workbench.module.css';

/** What a reviewer weighs beside the code: how far it spreads, who got it, and what became of it. */
export function WorkFacts({ item }: { item: ShownItem }) {
  const { cluster, handover, incidents, sampling, meta } = item;
  const notShown = notShownLabel(item.notShown);
  const texts: [string, string | null][] = [
    ['Model', `${item.modelName} ${item.modelVersion}`],
    ['Surface', item.surface],
    ['Language', item.language],
    ['Path', item.path],
    ['User', item.actorId],
    ['Tier', item.tier],
    ['Tenant', item.tenant],
  ];
  return (
    <aside className={`${layout.facts} ${classes.facts}`} aria-label="Facts">
      <p className={layout.head}>
        <SeverityBadge severity={item.severity} />
        <span>{item.category.replaceAll('_', ' ')}</span>
        <BandMark band={item.band} why={item.why} />
      </p>
      {item.why !== '' && <p className={classes.why}>{item.why}</p>}
      {notShown && <p className={classes.why}>{notShown}</p>}
      {cluster && cluster.size > 1 && <ClusterLine cluster={cluster} />}
      {handover && (
        <p className={classes.handover}>
          <strong>{handover.by}</strong> handed this to you: <Visible text={handover.note} />
        </p>
      )}
      <dl className={layout.list}>
        <Fact
          name="Outcome"
          value={item.outcome === null ? 'unknown' : (OUTCOMES[item.outcome] ?? item.outcome)}
        />
        <Fact name="Queue" value={item.queue.name} />
        {texts.map(
          ([name, text]) => text !== null && <Fact key={name} name={name} value={<Visible text={text} />} />,
        )}
        <Fact
          name="Happened"
          value={hasTime(item.occurredAt) ? <RelativeTime at={item.occurredAt} /> : 'the log gives no time'}
        />
        <Fact name="Due" value={<RelativeTime at={item.dueAt} />} />
        {incidents.map(({ ref, title }) => (
          <Fact
            key={ref}
            name="Incident"
            value={
              <>
                <Link href={`/incidents/${ref}`} target="_blank">
                  {ref}
                </Link>{' '}
                <Visible text={title} />
              </>
            }
          />
        ))}
      </dl>
      <Extra name="Sampling" value={sampling} />
      <Extra name="Meta" value={meta} />
    </aside>
  );
}

// What a person saw is not yet what they kept.
const OUTCOMES: Record<string, string> = {
  shown: 'shown, unknown whether kept',
  accepted: 'shipped: accepted',
  edited: 'shipped: edited',
  rejected: 'rejected',
  reverted: 'reverted after it was accepted',
};

function ClusterLine({ cluster }: { cluster: NonNullable<ShownItem['cluster']> }) {
  return (
    <p className={classes.cluster}>
      <Link href={`/clusters/${cluster.ref}`} target="_blank">
        {cluster.ref}
      </Link>{' '}
      {cluster.size.toLocaleString('en')} alike, {cluster.pending.toLocaleString('en')} pending
      {cluster.waits && (
        <>
          <br />
          <Waits waits={cluster.waits} />
        </>
      )}
    </p>
  );
}
