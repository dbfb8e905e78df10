import { db, type Prisma } from '#lib/db';
import type { ExportedEvent } from './incident-lines.ts';

/** Which part of the log an export covers; leaf indexes never change, so neither does the part. */
export type LogCut = { where: Prisma.Sql };

const PAGE = 500;

/** Events of the log in their total order, in keyset pages. */
export async function* logEvents(cut: LogCut): AsyncGenerator<ExportedEvent & { leafIndex: number }> {
  for (let after = -1; ; ) {
    const page = await db.$queryRaw<(ExportedEvent & { leafIndex: bigint })[]>`
      SELECT l.leaf_index AS "leafIndex", e.action, e.actor_kind AS "actorKind", e.actor_id AS "actorId",
        e.actor_name AS "actorName", e.subject_type AS "subjectType", e.subject_id AS "subjectId",
        e.incident_seq AS "incidentSeq", e.body, e.occurred_at AS "occurredAt"
      FROM event_leaf l JOIN event e ON e.id = l.event_id
      WHERE l.leaf_index > ${after} AND ${cut.where} ORDER BY l.leaf_index LIMIT ${PAGE}`;
    for (const { leafIndex, ...event } of page) {
      after = Number(leafIndex);
      yield { ...event, leafIndex: after };
    }
    if (page.length < PAGE) return;
  }
}
