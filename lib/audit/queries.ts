import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { authorize } from '#lib/permissions';
import { blindEvents } from '#lib/reviews/blind';
import { EVENTS_MAX, type EventsAfter, type ListEvents } from './schema.ts';
import { type EventSearch, parseSearch } from './search.ts';
import { sentence } from './sentence.ts';
import { subjectHref } from './subject.ts';

type Row = {
  id: bigint;
  action: string;
  actorKind: string;
  actorName: string;
  subjectType: string;
  subjectId: string;
  incidentId: string | null;
  incidentSeq: number | null;
  occurredAt: Date;
  body: string;
};

const columns = Prisma.sql`e.id, e.action, e.actor_kind AS "actorKind", e.actor_name AS "actorName",
  e.subject_type AS "subjectType", e.subject_id AS "subjectId", e.incident_id AS "incidentId",
  e.incident_seq AS "incidentSeq", e.occurred_at AS "occurredAt", e.body`;

/** The log, newest first. `problems` says what of the search could not be understood. */
export async function listEvents(actor: Actor, filters: ListEvents = {}) {
  authorize(actor, 'audit.read');
  const limit = Math.min(filters.limit === undefined ? 50 : Number(filters.limit), EVENTS_MAX);
  const search = parseSearch(filters.q ?? '');
  const where = [
    ...searchConditions(search),
    ...blindEvents(actor),
    ...(filters.cursor ? [Prisma.sql`e.id < ${BigInt(filters.cursor)}`] : []),
  ];
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${columns} FROM event e
    ${where.length > 0 ? Prisma.sql`WHERE ${Prisma.join(where, ' AND ')}` : Prisma.empty}
    ORDER BY e.id DESC LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  return {
    items: await tell(page),
    nextCursor: rows.length > limit ? String(page.at(-1)?.id) : null,
    problems: search.problems,
  };
}

export type EventRow = Awaited<ReturnType<typeof listEvents>>['items'][number];

/** SQL conditions of a search on the alias `e`; shared with the export of the same search. */
export function searchConditions(search: EventSearch): Prisma.Sql[] {
  const conditions = search.words.map((word) => {
    // The body is JSON: a quote or a line break in it is escaped, so the word must be too.
    const escaped = JSON.stringify(word).slice(1, -1);
    return Prisma.sql`e.body ILIKE ${`%${likeLiteral(escaped)}%`}`;
  });
  if (search.actor) conditions.push(Prisma.sql`e.actor_name ILIKE ${`%${likeLiteral(search.actor)}%`}`);
  if (search.incident) {
    conditions.push(Prisma.sql`e.incident_id = (SELECT id FROM incident WHERE number = ${search.incident})`);
  }
  if (search.action) {
    const exact = search.action;
    conditions.push(Prisma.sql`(e.action = ${exact} OR e.action LIKE ${`${likeLiteral(exact)}.%`})`);
  }
  if (search.since) conditions.push(Prisma.sql`e.occurred_at >= ${search.since}`);
  if (search.until) conditions.push(Prisma.sql`e.occurred_at < ${search.until}`);
  return conditions;
}

function likeLiteral(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}

/** What happened to one thing, newest first; the newest 100. */
export async function subjectHistory(actor: Actor, subject: { type: string; id: string }) {
  authorize(actor, 'audit.read');
  const shown = [Prisma.sql`true`, ...blindEvents(actor)];
  return tell(
    await db.$queryRaw<Row[]>`
      SELECT ${columns} FROM event e
      WHERE e.subject_type = ${subject.type} AND e.subject_id = ${subject.id} AND ${Prisma.join(shown, ' AND ')}
      ORDER BY e.id DESC LIMIT 100`,
  );
}

/**
 * The history of incidents, newest first: one, or one with those that were merged into it. The cursor is an event's id,
 * whose order is that of the sequence inside of each incident. At most 1,000.
 */
export async function incidentTimeline(
  actor: Actor,
  incidentIds: readonly string[],
  options: { before?: number | undefined; limit?: number } = {},
) {
  authorize(actor, 'incident.read');
  const limit = Math.min(options.limit ?? 100, EVENTS_MAX);
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${columns} FROM event e
    WHERE e.incident_id = ANY(${[...incidentIds]}::uuid[])
      ${options.before === undefined ? Prisma.empty : Prisma.sql`AND e.id < ${options.before}`}
    ORDER BY e.id DESC LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  return {
    items: await tell(page),
    nextCursor: rows.length > limit ? String(page.at(-1)?.id) : null,
  };
}

/**
 * Events in their total order after a leaf index, bodies exactly as stored. Asking again never misses one. For somebody
 * who may yet review, an event that would break a blind review keeps its place and comes without its body.
 */
export async function eventsAfter(actor: Actor, input: EventsAfter = {}) {
  authorize(actor, 'audit.export');
  const limit = Math.min(input.limit === undefined ? 100 : Number(input.limit), EVENTS_MAX);
  const after = input.after === undefined ? -1 : Number(input.after);
  const shown = Prisma.join([Prisma.sql`true`, ...blindEvents(actor)], ' AND ');
  const rows = await db.$queryRaw<{ leafIndex: bigint; body: string | null }[]>`
    SELECT l.leaf_index AS "leafIndex", CASE WHEN ${shown} THEN e.body END AS body
    FROM event_leaf l JOIN event e ON e.id = l.event_id
    WHERE l.leaf_index > ${after} ORDER BY l.leaf_index LIMIT ${limit + 1}`;
  const items = rows.slice(0, limit).map(({ leafIndex, body }) => ({
    leafIndex: Number(leafIndex),
    body,
    ...(body === null && { withheld: WITHHELD }),
  }));
  return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.leafIndex) : null };
}

/** Why an export leaves out what an event says. */
export const WITHHELD =
  'This speaks of a review that is still blind for you. Export again once it is decided.';

async function tell(rows: Row[]) {
  const parsed = rows.map((row) => ({ row, data: dataOf(row.body) }));
  const names = await approverNames(parsed.map(({ data }) => data));
  return parsed.map(({ row, data }) => {
    const subject = { type: row.subjectType, id: row.subjectId };
    const told = { action: row.action, actorName: row.actorName, subject, data };
    return {
      id: String(row.id),
      action: row.action,
      actorKind: row.actorKind,
      actorName: row.actorName,
      incidentId: row.incidentId,
      incidentSeq: row.incidentSeq,
      occurredAt: row.occurredAt,
      sentence: sentence(told, names),
      href: subjectHref(subject, data),
      body: row.body,
    };
  });
}

/** The `data` of a stored event; empty for a body that is not an event. */
export function dataOf(body: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(body);
  const data = typeof parsed === 'object' && parsed !== null && 'data' in parsed ? parsed.data : null;
  return typeof data === 'object' && data !== null ? { ...data } : {};
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Names of the people whom events cite by id only. */
async function approverNames(data: Record<string, unknown>[]): Promise<Map<string, string>> {
  const cited = data.flatMap(({ approvers }): unknown[] => (Array.isArray(approvers) ? approvers : []));
  const ids = new Set(cited.filter((id): id is string => typeof id === 'string' && UUID.test(id)));
  if (ids.size === 0) return new Map();
  const users = await db.user.findMany({ where: { id: { in: [...ids] } }, select: { id: true, name: true } });
  return new Map(users.map((user) => [user.id, user.name]));
}
