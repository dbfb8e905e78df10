import type { Tx } from '#lib/db';
import type { Word } from '#lib/reviews/verdict';
import type { Reason } from './schema.ts';

type Kept = 'late' | 'overtaken' | 'takenUp' | 'incident';

/** One review of the batch: what is left on its item without it, and why it must stay, if it must. */
export type Standing = {
  id: string;
  reviewId: string;
  needed: number;
  skips: number;
  words: Word[];
  kept: Kept | null;
};

/** Locks a batch, so that it is reversed once. Null when there is none. */
export async function lockBatch(tx: Tx, batchId: string) {
  await tx.$queryRaw`SELECT 1 FROM review_batch WHERE id = ${batchId}::uuid FOR UPDATE`;
  return tx.reviewBatch.findUnique({ where: { id: batchId } });
}

/** Locks the items of a batch in the order in which batches lock them. */
async function lockItems(tx: Tx, batchId: string): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 FROM queue_item AS item
    WHERE item.interaction_id IN (SELECT interaction_id FROM review WHERE batch_id = ${batchId}::uuid)
    ORDER BY item.interaction_id FOR UPDATE OF item`;
}

/** The reviews of a batch that are still there, their items locked unless only looked at. */
export async function standing(
  tx: Tx,
  batchId: string,
  hours: number,
  look?: 'only look',
): Promise<Standing[]> {
  if (!look) await lockItems(tx, batchId);
  return tx.$queryRaw<Standing[]>`
    SELECT mine.interaction_id AS id, mine.id AS "reviewId", item.reviews_needed AS needed, item.skips,
      CASE WHEN item.reviews_done <= 1 THEN '[]' ELSE COALESCE((
        SELECT json_agg(json_build_object('kind', other.kind, 'verdict', other.verdict, 'policyId', other.policy_id)
          ORDER BY other.created_at, other.id)
        FROM review AS other WHERE other.interaction_id = mine.interaction_id AND other.id <> mine.id), '[]')
      END AS words,
      CASE WHEN EXISTS (SELECT 1 FROM review AS later WHERE later.interaction_id = mine.interaction_id
          AND later.id <> mine.id AND later.created_at >= mine.created_at) THEN 'overtaken'
        WHEN item.stage = 'adjudication' AND item.lease_expires_at > now() THEN 'takenUp'
        WHEN EXISTS (SELECT 1 FROM incident_interaction AS link
          WHERE link.interaction_id = mine.interaction_id) THEN 'incident'
        WHEN mine.created_at + make_interval(hours => ${hours}::int) < clock_timestamp() THEN 'late'
      END AS kept
    FROM review AS mine JOIN queue_item AS item USING (interaction_id)
    WHERE mine.batch_id = ${batchId}::uuid`;
}

export async function deleteReviews(tx: Tx, batchId: string, items: { reviewId: string }[]): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM review WHERE batch_id = ${batchId}::uuid
      AND id = ANY(${items.map(({ reviewId }) => reviewId)}::uuid[])`;
}

/** Why items stay, with how many, most first. */
export function reasonsOf(items: readonly { kept: Kept | null }[], hours: number): Reason[] {
  const words: Record<Kept, string> = {
    overtaken: 'reviewed by somebody else since',
    takenUp: 'taken up by a lead',
    incident: 'linked to an incident',
    late: `decided more than ${hours} hours ago`,
  };
  const counts = new Map<Kept, number>();
  for (const { kept } of items) if (kept) counts.set(kept, (counts.get(kept) ?? 0) + 1);
  return [...counts]
    .map(([kept, count]) => ({ reason: words[kept], count }))
    .sort((a, b) => b.count - a.count);
}
