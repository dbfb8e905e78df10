import canonicalize from 'canonicalize';
import type { ClientBase } from 'pg';
import type { Actor } from '#lib/actor';
import type { Tx } from '#lib/db';
import { newId } from '#lib/ids';

export type EventInput = {
  /** `noun.verb`, e.g. `incident.declare`. */
  action: string;
  subject: { type: string; id: string };
  /** When set, the event also takes the next place in that incident's own sequence. */
  incidentId?: string | null;
  /** Facts worth keeping for ever. Never secrets, prompts or completions: those stay in their rows. */
  data?: Record<string, unknown>;
};

/**
 * Writes the event of a change in the change's own transaction: no event, no change.
 * The incident row is locked while its next sequence number is taken, so numbers have no gaps and no forks.
 */
export async function recordEvent(tx: Tx, actor: Actor, input: EventInput): Promise<void> {
  const incidentSeq = input.incidentId ? await nextIncidentSeq(tx, input.incidentId) : null;
  await tx.event.create({ data: eventRow(actor, input, incidentSeq) });
}

/** The same for many changes made with one word, such as a cluster's decisions; none may belong to an incident. */
export async function recordEvents(
  tx: Tx,
  actor: Actor,
  inputs: Omit<EventInput, 'incidentId'>[],
): Promise<void> {
  if (inputs.length === 0) return;
  const rows = inputs.map((input) => eventRow(actor, input, null));
  const { actorKind, actorId, actorName } = actorOf(actor);
  // Five arrays instead of eight parameters for each of thousands of rows.
  await tx.$executeRaw`
    INSERT INTO event (action, actor_kind, actor_id, actor_name, subject_type, subject_id, body, occurred_at)
    SELECT row.action, ${actorKind}, ${actorId}, ${actorName}, row.subject_type, row.subject_id, row.body,
      row.occurred_at::timestamptz
    FROM unnest(${rows.map(({ action }) => action)}::text[], ${rows.map(({ subjectType }) => subjectType)}::text[],
      ${rows.map(({ subjectId }) => subjectId)}::text[], ${rows.map(({ body }) => body)}::text[],
      ${rows.map(({ occurredAt }) => occurredAt.toISOString())}::text[])
      WITH ORDINALITY AS row (action, subject_type, subject_id, body, occurred_at, place)
    ORDER BY row.place`;
}

/** The same as `recordEvent` on a plain connection, for the hot paths; none may belong to an incident. */
export async function recordEventOn(
  client: ClientBase,
  actor: Actor,
  input: Omit<EventInput, 'incidentId'>,
): Promise<void> {
  const row = eventRow(actor, input, null);
  await client.query({
    name: 'event',
    text: `INSERT INTO event (action, actor_kind, actor_id, actor_name, subject_type, subject_id, body, occurred_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      row.action,
      row.actorKind,
      row.actorId,
      row.actorName,
      row.subjectType,
      row.subjectId,
      row.body,
      row.occurredAt.toISOString(),
    ],
  });
}

function actorOf(actor: Actor) {
  const actorId = actor.kind === 'system' ? null : actor.id;
  return { actorKind: actor.kind, actorId, actorName: actor.name };
}

function eventRow(actor: Actor, input: EventInput, incidentSeq: number | null) {
  const at = new Date();
  const { actorId } = actorOf(actor);
  const body = canonicalize({
    id: newId(),
    at: at.toISOString(),
    action: input.action,
    actor: { kind: actor.kind, id: actorId, name: actor.name },
    subject: input.subject,
    incident: input.incidentId ? { id: input.incidentId, seq: incidentSeq } : null,
    data: input.data ?? {},
  });
  if (body === undefined) throw new Error(`The event ${input.action} cannot be written as JSON`);
  return {
    action: input.action,
    ...actorOf(actor),
    subjectType: input.subject.type,
    subjectId: input.subject.id,
    incidentId: input.incidentId ?? null,
    incidentSeq,
    body,
    occurredAt: at,
  };
}

async function nextIncidentSeq(tx: Tx, incidentId: string): Promise<number> {
  await tx.$queryRaw`SELECT 1 FROM incident WHERE id = ${incidentId}::uuid FOR UPDATE`;
  const last = await tx.event.aggregate({ where: { incidentId }, _max: { incidentSeq: true } });
  return (last._max.incidentSeq ?? 0) + 1;
}
