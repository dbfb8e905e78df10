import type { Metadata } from 'next';
import { Denied } from '#components/denied';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { clusterMemberIds } from '#lib/clusters/members';
import { type LinkedInteraction, previewInteractions } from '#lib/incidents/queries';
import { MAX_LINKS } from '#lib/incidents/schema';
import { can } from '#lib/permissions';
import { listCommanders } from '#lib/users/queries';
import classes from '../incidents.module.css';
import { LinkedList } from '../linked-list.tsx';
import { DeclareForm } from './declare-form.tsx';

export const metadata: Metadata = { title: 'Declare an incident' };

type Props = { searchParams: Promise<{ interactions?: string | string[]; cluster?: string | string[] }> };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export default async function NewIncidentPage({ searchParams }: Props) {
  const actor = await requireActor();
  if (!can(actor, 'incident.declare')) return <Denied permission="incident.declare" />;
  const { interactions, cluster } = await searchParams;
  const given = [
    ...[interactions ?? []].flat().flatMap((part) => part.split(',')),
    ...(typeof cluster === 'string' ? await clusterMemberIds(actor, cluster, MAX_LINKS) : []),
  ];
  const asked = [...new Set(given.filter((id) => UUID.test(id)).map((id) => id.toLowerCase()))];
  const [linked, commanders] = await Promise.all([
    asked.length > 0 ? previewInteractions(actor, asked.slice(0, MAX_LINKS)) : [],
    listCommanders(actor),
  ]);
  const left = asked.length - linked.length;
  return (
    <>
      <PageHeader title="Declare an incident" />
      <div className={classes.form}>
        {linked.length > 0 && (
          <section aria-label="Linked interactions">
            <h2 className={classes.heading}>
              {linked.length} {linked.length === 1 ? 'interaction' : 'interactions'} will be linked
            </h2>
            <LinkedList rows={linked} />
          </section>
        )}
        {left > 0 && (
          <p role="status">
            {left} of the chosen interactions will not be linked: they are unknown, or more than {MAX_LINKS}.
          </p>
        )}
        <DeclareForm
          interactionIds={linked.map((row) => row.id)}
          commanders={commanders.map(({ id, label }) => ({ value: id, label }))}
          me={commanders.some(({ id }) => id === actor.id) ? actor.id : null}
          suggestion={suggest(linked)}
        />
      </div>
    </>
  );
}

/** A first title from what the detectors said; the person writes the real one. */
function suggest(linked: LinkedInteraction[]): string {
  const finding = linked.find((row) => row.finding)?.finding;
  if (!finding) return '';
  return (
    (finding.message || finding.category.replaceAll('_', ' ')).split('\n')[0]?.trim().slice(0, 120) ?? ''
  );
}
