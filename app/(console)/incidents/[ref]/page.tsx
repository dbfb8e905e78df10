import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { LiveRefresh } from '#components/shell/live-refresh';
import { SinceLive } from '#components/since-live';
import { incidentTimeline } from '#lib/audit/queries';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { getIncident } from '#lib/incidents/queries';
import { can } from '#lib/permissions';
import { sinceLive } from '#lib/rollouts/since-live';
import { listCommanders } from '#lib/users/queries';
import listClasses from '../incidents.module.css';
import { LinkedList } from '../linked-list.tsx';
import { ExportButtons } from './export-buttons.tsx';
import classes from './incident.module.css';
import { IncidentHeader } from './incident-header.tsx';
import { LiveRules } from './live-rules.tsx';
import { MergeNote } from './merge-note.tsx';
import { NextStep } from './next-step.tsx';
import { NoteBox } from './note-box.tsx';
import { Timeline } from './timeline.tsx';

type Props = {
  params: Promise<{ ref: string }>;
  searchParams: Promise<{ before?: string | string[] }>;
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).ref).slice(0, 40) };
}

export default async function IncidentPage({ params, searchParams }: Props) {
  const actor = await requireActor();
  const incident = await getIncident(actor, decodeURIComponent((await params).ref)).catch(unknown);
  const before = Number((await searchParams).before) || undefined;
  const mayTransition = can(actor, 'incident.transition');
  const [timeline, commanders, figures] = await Promise.all([
    incidentTimeline(actor, [incident.id, ...incident.merged.map(({ id }) => id)], { before, limit: 100 }),
    can(actor, 'incident.assign') ? listCommanders(actor) : [],
    sinceLive(actor, { incidentId: incident.id }),
  ]);
  const hidden = incident.interactionCount - incident.interactions.length;
  return (
    <>
      <LiveRefresh on="events" />
      <LiveRefresh on="fleet" />
      <IncidentHeader incident={incident} actor={actor} commanders={commanders} />
      <SinceLive figures={figures} />
      <MergeNote incident={incident} />
      <div className={classes.columns}>
        <div className={classes.act}>
          <LiveRules incident={incident} actor={actor} />
          <NextStep
            // A new state starts with an empty form.
            key={`${incident.state} ${incident.episode}`}
            incident={incident.ref}
            version={incident.version}
            state={incident.state}
            facts={incident.facts}
            cargo={incident.cargo}
            mayTransition={mayTransition}
          />
        </div>
        <section className={classes.time} aria-labelledby="timeline">
          <h2 id="timeline" className={listClasses.heading}>
            Timeline
          </h2>
          {can(actor, 'incident.note') && incident.state !== 'merged' && <NoteBox incident={incident.ref} />}
          <Timeline
            items={timeline.items}
            merged={new Map(incident.merged.map(({ id, ref }) => [id, ref]))}
          />
          {(before || timeline.nextCursor) && (
            <nav className={classes.pages} aria-label="Pages of the timeline">
              {before && <Link href={`/incidents/${incident.ref}`}>Newest</Link>}
              {timeline.nextCursor && (
                <Link href={`/incidents/${incident.ref}?before=${timeline.nextCursor}`}>Older</Link>
              )}
            </nav>
          )}
        </section>
        <div className={classes.rest}>
          <section aria-labelledby="linked">
            <h2 id="linked" className={listClasses.heading}>
              Linked interactions
              <span className="quiet tabular">{incident.interactionCount}</span>
            </h2>
            {incident.interactions.length > 0 ? (
              <LinkedList rows={incident.interactions} />
            ) : (
              <p className="quiet">
                {incident.mergeChain.length > 0
                  ? `They are in ${incident.mergeChain.at(-1)} now.`
                  : 'None yet. Open an interaction in the queue and choose Incident, or link over the API.'}
              </p>
            )}
            {hidden > 0 && <p className="quiet">and {hidden} more; the export has all of them</p>}
          </section>
          {can(actor, 'audit.export') && <ExportButtons incident={incident.ref} />}
        </div>
      </div>
    </>
  );
}

function unknown(error: unknown): never {
  if (error instanceof AppError && error.code === 'not_found') notFound();
  throw error;
}
