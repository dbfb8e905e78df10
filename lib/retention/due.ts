import { Prisma, type Tx } from '#lib/db';
import type { ReviewSettings } from '#lib/settings/schema';

export type Due = { id: string; receivedAt: Date; kind: 'undecided' | 'benign' | 'control' };

/**
 * The next interactions whose text has had its time, oldest first, locked; others' locks are passed by. Never due:
 * harmful ones, what is linked to an incident, golden items, and what somebody holds, was handed or is to settle.
 * "Unsure" is no decision on harm, so it keeps its text as long as an undecided one. Benign counts from the decision,
 * all else from arrival.
 */
export async function takeDue(
  tx: Tx,
  settings: ReviewSettings,
  after: Pick<Due, 'receivedAt' | 'id'> | null,
  limit: number,
): Promise<Due[]> {
  const { keepUndecidedDays, keepBenignDays, keepControlDays } = settings;
  const older = (column: Prisma.Sql, days: number | null) =>
    days === null ? Prisma.sql`false` : Prisma.sql`${column} < now() - ${days} * interval '1 day'`;
  const arrived = Prisma.sql`i.received_at`;
  const kept = [keepUndecidedDays, keepBenignDays, keepControlDays].filter((days) => days !== null);
  if (kept.length === 0) return [];
  // Whatever is due is at least this old, so the index by arrival bounds the read.
  const youngest = Math.min(...kept);
  const beyond = after
    ? Prisma.sql`AND (i.received_at, i.id) > (${after.receivedAt}, ${after.id}::uuid)`
    : Prisma.empty;
  return tx.$queryRaw<Due[]>`
    SELECT i.id, i.received_at AS "receivedAt",
      CASE WHEN q.verdict = 'benign' THEN 'benign' WHEN q.interaction_id IS NULL AND i.control THEN 'control'
        ELSE 'undecided' END AS kind
    FROM interaction i LEFT JOIN queue_item q ON q.interaction_id = i.id
    WHERE i.erased_at IS NULL AND i.received_at < now() - ${youngest} * interval '1 day' ${beyond}
      AND CASE
        WHEN q.interaction_id IS NULL AND i.control THEN ${older(arrived, keepControlDays)}
        WHEN q.interaction_id IS NULL THEN ${older(arrived, keepUndecidedDays)}
        WHEN q.state = 'pending' THEN ${older(arrived, keepUndecidedDays)} AND q.stage <> 'adjudication'
          AND coalesce(q.lease_expires_at <= now(), true) AND coalesce(q.assigned_until <= now(), true)
        WHEN q.state = 'blocked' THEN ${older(arrived, keepUndecidedDays)}
        WHEN q.verdict = 'benign' THEN ${older(Prisma.sql`q.decided_at`, keepBenignDays)}
        WHEN q.verdict = 'unsure' THEN ${older(arrived, keepUndecidedDays)}
        ELSE false END
      AND NOT EXISTS (SELECT 1 FROM incident_interaction l WHERE l.interaction_id = i.id)
      AND NOT EXISTS (SELECT 1 FROM golden_item g WHERE g.interaction_id = i.id AND g.retired_at IS NULL)
    ORDER BY i.received_at, i.id LIMIT ${limit} FOR UPDATE OF i SKIP LOCKED`;
}
