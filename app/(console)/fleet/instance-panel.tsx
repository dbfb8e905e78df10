import { IconX } from '@tabler/icons-react';
import Link from 'next/link';
import { RelativeTime } from '#components/relative-time';
import { StateBadge } from '#components/state-badge';
import type { Actor } from '#lib/actor';
import { AppError } from '#lib/errors';
import { getInstance, type InstanceDetail } from '#lib/fleet/queries';
import { clockLabel } from '#lib/time';
import classes from './fleet.module.css';

/** One instance on the right-hand side; the address bar knows which. */
export async function InstancePanel({
  actor,
  id,
  newestSeq,
}: {
  actor: Actor;
  id: string;
  newestSeq: number;
}) {
  const instance = await getInstance(actor, id).catch((error) => {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
  return (
    <aside className={classes.panel} aria-label={`Instance ${id}`}>
      <div className={classes.panelHead}>
        <h2>{id}</h2>
        <Link
          href="/fleet"
          scroll={false}
          prefetch={false}
          className={classes.close}
          aria-label="Close the panel"
        >
          <IconX size={16} aria-hidden="true" />
        </Link>
      </div>
      {instance ? (
        <Facts instance={instance} newestSeq={newestSeq} />
      ) : (
        <p>No instance of this name has reported.</p>
      )}
    </aside>
  );
}

function Facts({ instance, newestSeq }: { instance: InstanceDetail; newestSeq: number }) {
  const { labels, sdkVersion, state, reason, activeSeq, firstSeenAt, lastSeenAt, hits, enforced } = instance;
  const named = Object.entries(labels);
  return (
    <>
      <p>
        <StateBadge state={state} /> ruleset {activeSeq}
        {activeSeq < newestSeq && ` of ${newestSeq}`}
      </p>
      {reason && <p className={classes.reason}>{reason}</p>}
      <dl className={classes.facts}>
        <dt>Last heard</dt>
        <dd>
          <RelativeTime at={lastSeenAt} />
        </dd>
        <dt>First seen</dt>
        <dd>
          <RelativeTime at={firstSeenAt} />
        </dd>
        <dt>Hits</dt>
        <dd>
          {hits.toLocaleString('en')}, of which {enforced.toLocaleString('en')} enforced
        </dd>
        <dt>SDK</dt>
        <dd>{sdkVersion}</dd>
        {named.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>Its last rulesets</h3>
      <ol className={classes.history}>
        {instance.adoptions.map((row) => (
          <li key={row.seq}>
            <span className="tabular">{row.seq}</span> <span>{outcome(row)}</span>
            <span className="quiet"> {row.cause}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function outcome({ activeAt, failedAt, reason, ms }: InstanceDetail['adoptions'][number]): string {
  if (activeAt)
    return ms === null ? 'active, joined after the publish' : `active after ${clockLabel(Math.max(1, ms))}`;
  if (failedAt) return `failed: ${reason ?? 'no reason given'}`;
  return 'sent, not confirmed';
}
