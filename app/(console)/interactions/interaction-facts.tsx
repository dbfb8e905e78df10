'use client';

import Link from 'next/link';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import { StateBadge } from '#components/state-badge';
import { notShownLabel } from '#lib/interactions/not-shown';
import { hasTime } from '#lib/interactions/occurred';
import type { FullInteraction } from '#lib/interactions/queries';
import { Extra, Fact } from './fact.tsx';
import classes from './interaction.module.css';

/** Who asked which model for what, when, and what became of it. */
export function InteractionFacts({ interaction }: { interaction: FullInteraction }) {
  const { queue, incidents, meta, sampling } = interaction;
  const notShown = notShownLabel(interaction.notShown);
  const texts: [string, string | null][] = [
    ['Model', `${interaction.modelName} ${interaction.modelVersion}`],
    ['Surface', interaction.surface],
    ['Language', interaction.language],
    ['Path', interaction.path],
    ['Outcome', interaction.outcome],
    ['User', interaction.actorId],
    ['Tier', interaction.tier],
    ['Tenant', interaction.tenant],
    ['Source', interaction.source],
    ['Their id', interaction.externalId],
  ];
  return (
    <aside className={classes.facts} aria-label="Facts">
      <p className={classes.head}>
        {interaction.severity && <SeverityBadge severity={interaction.severity} />}
        <span>
          {interaction.category?.replaceAll('_', ' ') ??
            (interaction.control ? 'control sample' : 'no finding')}
        </span>
      </p>
      {notShown && <p className={classes.beside}>{notShown}</p>}
      <dl className={classes.list}>
        {texts.map(
          ([name, text]) => text !== null && <Fact key={name} name={name} value={<Visible text={text} />} />,
        )}
        <Fact
          name="Happened"
          value={
            hasTime(interaction.occurredAt) ? (
              <RelativeTime at={interaction.occurredAt} />
            ) : (
              'the log gives no time'
            )
          }
        />
        <Fact name="Received" value={<RelativeTime at={interaction.receivedAt} />} />
        {interaction.outcomes.map(({ outcome, occurredAt }) => (
          <Fact key={outcome} name={outcome} value={<RelativeTime at={occurredAt} />} />
        ))}
        {interaction.cluster && (
          <Fact
            name="Cluster"
            value={<Link href={`/clusters/${interaction.cluster.ref}`}>{interaction.cluster.ref}</Link>}
          />
        )}
        {queue?.state === 'pending' && <Fact name="Due" value={<RelativeTime at={queue.dueAt} />} />}
        {incidents.map(({ ref, title, state }) => (
          <Fact
            key={ref}
            name="Incident"
            value={
              <>
                <Link href={`/incidents/${ref}`}>{ref}</Link> <Visible text={title} />{' '}
                <StateBadge state={state} />
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
