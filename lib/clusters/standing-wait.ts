import { db, Prisma } from '#lib/db';
import { comparedTexts, compareWith } from './compare.ts';
import type { Difference } from './differences.ts';
import { clusterRef } from './schema.ts';
import { standingBatch } from './variants.ts';

/** Texts of a standing decision that an item is compared with, the newest looked at. */
const COMPARED = 8;

/** Why an item waits although arrivals of its cluster are decided by themselves. */
export type StandingWait = {
  ref: string;
  /** Who gave the standing decision. */
  by: string;
  /** From the most alike of what they saw; null when none of those can be read any more. */
  differences: Difference[] | null;
};

/**
 * Null unless the item waits because it differs from all that was on the screen of the lead whose standing decision is in
 * force for its cluster. The verdict is not told: the item's own review is blind. no authorize: for queries that have
 * asked.
 */
export async function standingWait(interactionId: string): Promise<StandingWait | null> {
  const [row] = await db.$queryRaw<{ number: number; by: string; seen: string[] }[]>`
    SELECT c.number, lead.name AS by, ARRAY(SELECT seen.interaction_id::text FROM batch_shown seen
      WHERE seen.batch_id = standing.id ORDER BY seen.shown_at DESC LIMIT ${COMPARED}) AS seen
    FROM cluster_member m
    JOIN queue_item item ON item.interaction_id = m.interaction_id AND item.state = 'pending'
    JOIN cluster c ON c.id = m.cluster_id AND c.auto_until > now()
    JOIN app_user lead ON lead.id = c.auto_by_id
    CROSS JOIN LATERAL (SELECT ${standingBatch(Prisma.sql`c.id`)} AS id) standing
    WHERE m.interaction_id = ${interactionId}::uuid AND standing.id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM batch_shown seen WHERE seen.batch_id = standing.id AND seen.variant = m.variant)`;
  if (!row) return null;
  const [own] = await comparedTexts([interactionId]);
  const compared = await Promise.all(
    (own ? await comparedTexts(row.seen) : []).map(
      async (seen) => (await compareWith(seen, own ? [own] : [])).get(interactionId) ?? null,
    ),
  );
  const [nearest = null] = compared
    .filter((differences) => differences !== null)
    .sort((one, other) => sizeOf(one) - sizeOf(other));
  return { ref: clusterRef(row.number), by: row.by, differences: nearest };
}

function sizeOf(differences: readonly Difference[]): number {
  return differences.reduce((sum, one) => sum + one.without.length + one.with.length, 0);
}
