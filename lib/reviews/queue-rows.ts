import { db, Prisma } from '#lib/db';
import type { Severity } from '#lib/interactions/schema';
import { maskTitles } from '#lib/secrets/queries';
import { type Band, bandOf, type SpreadStats, whyOf } from './priority.ts';
import type { Stage } from './schema.ts';

export type QueueRow = {
  id: string;
  queue: string;
  stage: Stage;
  severity: string;
  category: string;
  language: string;
  title: string;
  model: string;
  surface: string;
  path: string | null;
  receivedAt: Date;
  dueAt: Date;
  band: Band;
  /** One line: why it stands where it stands. */
  why: string;
  cluster: { ref: string; size: number } | null;
  heldBy: string | null;
  heldUntil: Date | null;
  /** Set where the holder keeps it beyond a lease. */
  holdReason: string | null;
  mine: boolean;
  /** To whom it was handed, by whom and with what note, until that time is over. */
  handedTo: string | null;
  handedBy: string | null;
  handoverNote: string | null;
  /** The reader passed on it: it is hidden from their claims only. */
  skipped: boolean;
};

type ListedRow = Omit<QueueRow, 'band' | 'why' | 'cluster'> & {
  spread: number;
  cluster: ({ number: number } & SpreadStats) | null;
};

/**
 * What the list says of the items that `page` selects from `queue_item AS item`, due first.
 * no authorize: reads for queries that have asked.
 */
export async function queueRows(me: string | null, page: Prisma.Sql): Promise<QueueRow[]> {
  const held = Prisma.sql`COALESCE(item.lease_expires_at > now(), false)`;
  const handed = Prisma.sql`COALESCE(item.assigned_until > now(), false)`;
  const rows = await db.$queryRaw<ListedRow[]>`
    WITH page AS MATERIALIZED (${page})
    SELECT item.interaction_id AS id, queue.name AS queue, item.stage, item.severity, item.category, item.language,
      item.spread, COALESCE(finding.message, finding.rule, finding.detector, 'No finding') AS title,
      interaction.model_name || ' ' || interaction.model_version AS model, interaction.surface, interaction.path,
      item.received_at AS "receivedAt", item.due_at AS "dueAt",
      CASE WHEN ${held} THEN holder.name END AS "heldBy",
      CASE WHEN ${held} THEN item.lease_expires_at END AS "heldUntil",
      CASE WHEN ${held} THEN item.hold_reason END AS "holdReason",
      COALESCE(${held} AND item.lease_holder_id = ${me}::uuid, false) AS mine,
      CASE WHEN ${handed} THEN assignee.name END AS "handedTo",
      CASE WHEN ${handed} THEN assigner.name END AS "handedBy",
      CASE WHEN ${handed} THEN item.handover_note END AS "handoverNote",
      EXISTS (SELECT 1 FROM queue_skip AS skip
        WHERE skip.interaction_id = item.interaction_id AND skip.reviewer_id = ${me}::uuid) AS skipped,
      CASE WHEN cluster.id IS NOT NULL THEN json_build_object('number', cluster.number, 'size', cluster.size,
        'actors', cluster.actors, 'tenants', cluster.tenants, 'rated', cluster.rated, 'accepted', cluster.accepted,
        'lastHour', cluster.last_hour) END AS cluster
    FROM page AS item
    JOIN interaction ON interaction.id = item.interaction_id
    JOIN queue ON queue.id = item.queue_id
    LEFT JOIN app_user AS holder ON holder.id = item.lease_holder_id
    LEFT JOIN app_user AS assignee ON assignee.id = item.assignee_id
    LEFT JOIN app_user AS assigner ON assigner.id = item.assigned_by_id
    LEFT JOIN cluster_member AS member ON member.interaction_id = item.interaction_id
    LEFT JOIN cluster ON cluster.id = member.cluster_id
    LEFT JOIN LATERAL (
      SELECT message, rule, detector FROM finding
      WHERE finding.interaction_id = item.interaction_id
      ORDER BY (finding.severity = item.severity) DESC, position LIMIT 1
    ) AS finding ON true
    ORDER BY item.due_at, item.interaction_id`;
  // A detector's message may quote what it found.
  return (await maskTitles(rows)).map(
    ({ spread, cluster, ...row }): QueueRow => ({
      ...row,
      band: bandOf(row.severity as Severity, spread),
      why: whyOf(cluster),
      cluster: cluster && { ref: `C-${cluster.number}`, size: cluster.size },
    }),
  );
}
