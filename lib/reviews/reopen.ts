import type { UserActor } from '#lib/actor';
import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { can } from '#lib/permissions';
import { REOPEN_OWN_HOURS, type Verdict } from './schema.ts';

/** What reopening an item takes away, and what its place in the queue follows from. */
export type Reopening = {
  /** The verdict that no longer holds. */
  verdict: Verdict;
  /** The reviews that go. */
  reviews: { reviewId: string; verdict: Verdict; reviewer: { id: string; name: string } }[];
  skips: number;
  reviewsNeeded: number;
};

type Item = { state: string; verdict: Verdict | null; erased: boolean; skips: number; reviewsNeeded: number };
type Given = { id: string; verdict: Verdict; reviewerId: string; name: string; late: boolean };

/**
 * What this person may reopen of an item: a lead a decision with all its reviews; anybody, for a day, a decision that
 * is theirs alone, so that nobody decides again knowing another's verdict.
 * Throws `not_found`, `forbidden` for what others decided, and `conflict` with what stands in the way.
 */
export async function reopenable(tx: Tx, person: UserActor, interactionId: string): Promise<Reopening> {
  const [item] = await tx.$queryRaw<Item[]>`
    SELECT item.state, item.verdict, item.skips, item.reviews_needed AS "reviewsNeeded",
      interaction.erased_at IS NOT NULL AS erased
    FROM queue_item AS item JOIN interaction ON interaction.id = item.interaction_id
    WHERE item.interaction_id = ${interactionId}::uuid`;
  if (!item) throw new AppError('not_found', 'This interaction is not in the review queue.');
  const given = await tx.$queryRaw<Given[]>`
    SELECT review.id, review.verdict, review.reviewer_id AS "reviewerId", reviewer.name,
      review.created_at + make_interval(hours => ${REOPEN_OWN_HOURS}::int) < clock_timestamp() AS late
    FROM review JOIN app_user AS reviewer ON reviewer.id = review.reviewer_id
    WHERE review.interaction_id = ${interactionId}::uuid ORDER BY review.created_at, review.id`;
  const decided = item.state === 'decided';
  const own = given.find(({ reviewerId }) => reviewerId === person.id);
  if (!decided && !own) {
    throw new AppError('conflict', 'This item is not decided, so there is nothing to reopen.');
  }
  if (item.erased) {
    throw new AppError('conflict', 'The text of this item was erased: nobody could decide it again.');
  }
  const byLead = decided && can(person, 'review.adjudicate');
  if (!byLead) refuseUnlessAlone(given, own, decided);
  return {
    verdict: item.verdict ?? own?.verdict ?? 'unsure',
    reviews: given.map(({ id, verdict, reviewerId, name }) => ({
      reviewId: id,
      verdict,
      reviewer: { id: reviewerId, name },
    })),
    skips: item.skips,
    reviewsNeeded: item.reviewsNeeded,
  };
}

function refuseUnlessAlone(given: Given[], own: Given | undefined, decided: boolean): void {
  if (!own) throw new AppError('forbidden', 'Others decided this item: only a lead can reopen it.');
  if (given.length > 1) {
    throw new AppError(
      'conflict',
      decided
        ? 'Somebody else has reviewed this item too: only a lead can reopen it.'
        : 'Somebody else has reviewed this item too, so your decision stays until it is settled.',
    );
  }
  if (own.late) {
    throw new AppError(
      'conflict',
      `You decided this more than ${REOPEN_OWN_HOURS} hours ago: only a lead can reopen it.`,
    );
  }
}
