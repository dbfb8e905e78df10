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
  if (inputs.length > 0) await tx.$executeRawUnsafe(MANY, ...manyRows(actor, inputs));
}

/** The same on a plain connection, for the hot paths. */
export async function recordEventsOn(
  client: ClientBase,
  actor: Actor,
  inputs: Omit<EventInput, 'incidentId'>[],
): Promise<void> {
  if (inputs.length === 0) return;
  await client.query({ name: 'events', text: MANY, values: manyRows(actor, inputs) });
}

// Five arrays instead of eight parameters for each of thousands of rows.
const MANY = `INSERT INTO event (action, actor_kind, actor_id, actor_name, subject_type, subject_id, body, occurred_at)
  SELECT row.action, $1, $2, $3, row.subject_type, row.subject_id, row.body, row.occurred_at::timestamptz
  FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    WITH ORDINALITY AS row (action, subject_type, subject_id, body, occurred_at, place)
  ORDER BY row.place`;

function manyRows(actor: Actor, inputs: Omit<EventInput, 'incidentId'>[]) {
  const rows = inputs.map((input) => eventRow(actor, input, null));
  const { actorKind, actorId, actorName } = actorOf(actor);
  return [
    actorKind,
    actorId,
    actorName,
    rows.map(({ action }) => action),
    rows.map(({ subjectType }) => subjectType),
    rows.map(({ subjectId }) => subjectId),
    rows.map(({ body }) => body),
    rows.map(({ occurredAt }) => occurredAt.toISOString()),
  ];
}

/** The same as `recordEvent` on a plain connection, for the hot paths. */
export async function recordEventOn(client: ClientBase, actor: Actor, input: EventInput): Promise<void> {
  const incidentSeq = input.incidentId ? await nextIncidentSeqOn(client, input.incidentId) : null;
  const row = eventRow(actor, input, incidentSeq);
  await client.query({
    name: 'event',
    text: `INSERT INTO event (action, actor_kind, actor_id, actor_name, subject_type, subject_id, incident_id,
        incident_seq, body, occurred_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    values: [
      row.action,
      row.actorKind,
      row.actorId,
      row.actorName,
      row.subjectType,
      row.subjectId,
      row.incidentId,
      row.incidentSeq,
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

async function nextIncidentSeqOn(client: ClientBase, incidentId: string): Promise<number> {
  await client.query('SELECT 1 FROM incident WHERE id = $1::uuid FOR UPDATE', [incidentId]);
  const { rows } = await client.query<{ last: number | null }>(
    'SELECT max(incident_seq) AS last FROM event WHERE incident_id = $1::uuid',
    [incidentId],
  );
  return (rows[0]?.last ?? 0) + 1;
}
