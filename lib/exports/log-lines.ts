import { Prisma, type Tx } from '#lib/db';
import type { ExportedEvent } from './incident-lines.ts';

/**
 * Which events an export of the log holds, fixed when it was recorded: those in the total order up to `lastLeaf`, and
 * those that were recorded but not in order yet, whose ids are listed. Leaf indexes never change, so neither does this.
 */
export type LogCut = { tx: Tx; conditions: Prisma.Sql[]; lastLeaf: number; unordered: bigint[] };

const PAGE = 500;

const all = (conditions: Prisma.Sql[]) => Prisma.join([Prisma.sql`true`, ...conditions], ' AND ');

/** Both parts of one snapshot: an event that gets its place a moment later is in exactly one of them. */
export async function cutLog(tx: Tx, conditions: Prisma.Sql[]): Promise<LogCut> {
  const [row] = await tx.$queryRaw<{ lastLeaf: bigint | null; unordered: bigint[] }[]>`
    SELECT (SELECT max(leaf_index) FROM event_leaf) AS "lastLeaf",
      ARRAY(SELECT e.id FROM event e
        WHERE NOT EXISTS (SELECT 1 FROM event_leaf l WHERE l.event_id = e.id) AND ${all(conditions)}
        ORDER BY e.id) AS unordered`;
  return { tx, conditions, lastLeaf: Number(row?.lastLeaf ?? -1), unordered: row?.unordered ?? [] };
}

/** How many events of the total order a cut holds under these conditions. */
export async function countOrdered({ tx, lastLeaf }: LogCut, conditions: Prisma.Sql[]): Promise<number> {
  const [row] = await tx.$queryRaw<{ events: number }[]>`
    SELECT count(*)::int AS events FROM event_leaf l JOIN event e ON e.id = l.event_id
    WHERE l.leaf_index <= ${lastLeaf} AND ${all(conditions)}`;
  return row?.events ?? 0;
}

const COLUMNS = Prisma.sql`e.action, e.actor_kind AS "actorKind", e.actor_id AS "actorId",
  e.actor_name AS "actorName", e.subject_type AS "subjectType", e.subject_id AS "subjectId",
  e.incident_id AS "incidentId", e.incident_seq AS "incidentSeq", e.body, e.occurred_at AS "occurredAt"`;

type LogEvent = ExportedEvent & { leafIndex: number | null };

/** Events of the log in keyset pages: in their total order, then those without a place in it yet. */
export async function* logEvents({ tx, conditions, lastLeaf, unordered }: LogCut): AsyncGenerator<LogEvent> {
  for (let after = -1; ; ) {
    const page = await tx.$queryRaw<(ExportedEvent & { leafIndex: bigint })[]>`
      SELECT l.leaf_index AS "leafIndex", ${COLUMNS}
      FROM event_leaf l JOIN event e ON e.id = l.event_id
      WHERE l.leaf_index > ${after} AND l.leaf_index <= ${lastLeaf} AND ${all(conditions)}
      ORDER BY l.leaf_index LIMIT ${PAGE}`;
    for (const { leafIndex, ...event } of page) {
      after = Number(leafIndex);
      yield { ...event, leafIndex: after };
    }
    if (page.length < PAGE) break;
  }
  for (let from = 0; from < unordered.length; from += PAGE) {
    const page = await tx.$queryRaw<ExportedEvent[]>`
      SELECT ${COLUMNS} FROM event e WHERE e.id = ANY(${unordered.slice(from, from + PAGE)}::bigint[])
      ORDER BY e.id`;
    for (const event of page) yield { ...event, leafIndex: null };
  }
}
