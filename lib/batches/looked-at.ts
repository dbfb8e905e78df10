import { db } from '#lib/db';

/**
 * How a review came about: the batch that it was written by, how many that decided, and whether anybody looked at this
 * item: it was on the screen itself, or one of its variant was, or, in batches of before that was kept, it is not known
 * to have been.
 */
export type LookedAt = {
  id: string;
  kind: string;
  count: number;
  /** C-<number> of the cluster it was about. */
  ref: string | null;
  looked: 'this' | 'variant' | 'none';
};

/** The batches of these reviews, by review. no authorize: for queries that have asked who may read the reviews. */
export async function lookedAt(reviewIds: readonly string[]): Promise<ReadonlyMap<string, LookedAt>> {
  if (reviewIds.length === 0) return new Map();
  const rows = await db.$queryRaw<(LookedAt & { reviewId: string })[]>`
    SELECT review.id AS "reviewId", batch.id, batch.kind, batch.count, 'C-' || cluster.number AS ref,
      CASE WHEN EXISTS (SELECT 1 FROM batch_shown AS seen
          WHERE seen.batch_id = batch.id AND seen.interaction_id = review.interaction_id) THEN 'this'
        WHEN EXISTS (SELECT 1 FROM batch_shown AS seen JOIN cluster_member AS member USING (variant)
          WHERE seen.batch_id = batch.id AND member.interaction_id = review.interaction_id) THEN 'variant'
        ELSE 'none' END AS looked
    FROM review JOIN review_batch AS batch ON batch.id = review.batch_id
    LEFT JOIN cluster ON cluster.id = batch.cluster_id
    WHERE review.id = ANY(${reviewIds}::uuid[])`;
  return new Map(rows.map(({ reviewId, ...batch }) => [reviewId, batch]));
}

/** "decided with 5 others as C-12; one like it was on the screen, nobody looked at this one" */
export function lookedAtWords({ kind, count, ref, looked }: LookedAt): string {
  const others = count - 1;
  const all = others === 1 ? '1 other' : `${others.toLocaleString('en')} others`;
  const together =
    kind === 'standing'
      ? `by the standing decision for ${ref ?? 'its cluster'}`
      : others > 0
        ? `decided with ${all}${ref ? ` as ${ref}` : ''}`
        : 'decided as a batch of one';
  return `${together}; ${LOOKED[looked]}`;
}

const LOOKED: Record<LookedAt['looked'], string> = {
  this: 'this one was on the screen',
  variant: 'this variant was on the screen, nobody looked at this one',
  none: 'nobody is known to have looked at this one',
};
