import type { UserActor } from '#lib/actor';
import { NOT_ASSIGNED, NOT_HELD } from '#lib/claims/lease';
import { onScreen } from '#lib/clusters/variants';
import { Prisma, type Tx } from '#lib/db';
import type { Verdict } from '#lib/reviews/schema';
import type { Outcome, Word } from '#lib/reviews/verdict';
import { decidable, firstDecidable } from './chosen.ts';
import type { PreviewBatch } from './schema.ts';

/** An item that the batch decides, with the words on it so far, oldest first. */
export type Chosen = { id: string; needed: number; words: Word[] };

/**
 * Locks what one batch takes and answers it. Two statements: the first waits for whoever is writing to these items,
 * the second sees what they wrote, also in the reviews, so nothing is decided under a count that no longer holds.
 */
export async function lockChosen(
  tx: Tx,
  person: UserActor,
  choice: PreviewBatch,
  shown: readonly string[],
): Promise<Chosen[]> {
  // Locked in one order everywhere, so that two batches never wait for each other in a circle.
  const locked = await tx.$queryRaw<{ id: string }[]>`
    WITH wanted AS MATERIALIZED (${firstDecidable(person, choice, shown)})
    SELECT item.interaction_id AS id FROM queue_item AS item
    WHERE item.interaction_id IN (SELECT interaction_id FROM wanted)
    ORDER BY item.interaction_id FOR UPDATE OF item`;
  return tx.$queryRaw<Chosen[]>`
    SELECT item.interaction_id AS id, item.reviews_needed AS needed,
      CASE WHEN item.reviews_done = 0 THEN '[]' ELSE COALESCE((
        SELECT json_agg(json_build_object('kind', kind, 'verdict', verdict, 'policyId', policy_id)
          ORDER BY created_at, id)
        FROM review WHERE review.interaction_id = item.interaction_id), '[]') END AS words
    FROM queue_item AS item
    WHERE item.interaction_id = ANY(${locked.map(({ id }) => id)}::uuid[]) AND ${decidable(person)} AND ${onScreen(shown)}`;
}

type Review = {
  batchId: string;
  reviewerId: string;
  verdict: Verdict;
  policyId: string | null;
  note: string | null;
  timeSpentMs: number;
};

/** One review for each item, alike but for the item. */
export async function insertReviews(
  tx: Tx,
  items: { id: string; reviewId: string }[],
  review: Review,
): Promise<void> {
  // The clock and not the transaction's start: an earlier review may have been written while this one waited.
  await tx.$executeRaw`
    INSERT INTO review (id, interaction_id, reviewer_id, kind, verdict, policy_id, note, time_spent_ms, batch_id,
      created_at)
    SELECT row.id::uuid, row.interaction_id::uuid, ${review.reviewerId}::uuid, 'review', ${review.verdict},
      ${review.policyId}::uuid, ${review.note}, ${review.timeSpentMs}::int, ${review.batchId}::uuid,
      clock_timestamp()
    FROM unnest(${items.map(({ reviewId }) => reviewId)}::text[], ${items.map(({ id }) => id)}::text[])
      AS row (id, interaction_id)`;
}

/** Writes what follows from the reviews of each; nobody holds them any longer, unless told to keep the leases. */
export async function moveAll(
  tx: Tx,
  items: { id: string; outcome: Outcome }[],
  keep?: 'keep the leases',
): Promise<void> {
  const column = <T>(of: (outcome: Outcome) => T) => items.map(({ outcome }) => of(outcome));
  const lease = keep ? Prisma.empty : Prisma.sql`${NOT_HELD}, ${NOT_ASSIGNED},`;
  await tx.$executeRaw`
    UPDATE queue_item AS item SET ${lease} state = row.state, stage = COALESCE(row.stage, item.stage),
      reviews_done = row.done, verdict = row.verdict, policy_id = row.policy_id::uuid,
      decided_at = CASE WHEN row.state = 'decided' THEN now() END
    FROM unnest(${items.map(({ id }) => id)}::text[], ${column(({ state }) => state)}::text[],
      ${column((outcome) => (outcome.state === 'pending' ? outcome.stage : null))}::text[],
      ${column(({ done }) => done)}::smallint[], ${column(({ verdict }) => verdict)}::text[],
      ${column(({ policyId }) => policyId)}::text[]) AS row (id, state, stage, done, verdict, policy_id)
    WHERE item.interaction_id = row.id::uuid`;
}
