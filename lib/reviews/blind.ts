import type { Actor } from '#lib/actor';
import { Prisma } from '#lib/db';
import { can } from '#lib/permissions';

/**
 * Reviews are blind: while an item is pending, whoever might yet review it sees only their own. A lead who took no
 * part sees a disagreement, because they settle it. Pages, answers and exports all ask here.
 */
export function readableReviews<R extends { reviewer: { id: string } }>(
  actor: Actor,
  item: { state: string; stage: string } | null,
  reviews: R[],
): R[] {
  if (item?.state !== 'pending') return reviews;
  // Nobody knows who holds a key; it reads decisions once there is one.
  if (actor.kind === 'key') return [];
  if (actor.kind === 'system' || !can(actor, 'review.claim')) return reviews;
  const own = reviews.filter(({ reviewer }) => reviewer.id === actor.id);
  const settles = item.stage === 'adjudication' && own.length === 0 && can(actor, 'review.adjudicate');
  return settles ? reviews : own;
}

/**
 * The same for the history, as SQL conditions on `event e`: another's word on an item that is still pending, and which
 * items are golden. Auditors and export keys, which complete a log elsewhere, read everything.
 */
export function blindEvents(actor: Actor): Prisma.Sql[] {
  if (actor.kind !== 'user' || !can(actor, 'review.claim')) return [];
  const others = Prisma.sql`e.actor_id IS DISTINCT FROM ${actor.id}`;
  const conditions = [
    Prisma.sql`NOT (e.action IN ('review.decide', 'review.undo', 'review.disagree') AND ${others} AND EXISTS (
      SELECT 1 FROM queue_item AS item WHERE item.state = 'pending'
        AND item.interaction_id = CASE WHEN e.subject_type = 'interaction' THEN e.subject_id::uuid END))`,
    Prisma.sql`NOT (e.action = 'batch.decide' AND ${others} AND EXISTS (
      SELECT 1 FROM review JOIN queue_item AS item USING (interaction_id) WHERE item.state = 'pending'
        AND review.batch_id = CASE WHEN e.subject_type = 'batch' THEN e.subject_id::uuid END))`,
    // Answers to golden items are each person's own, also before leads.
    Prisma.sql`NOT (e.action = 'golden.answer' AND ${others})`,
  ];
  if (!can(actor, 'golden.manage')) {
    conditions.push(Prisma.sql`NOT (e.action LIKE 'golden.%' AND ${others})`);
  }
  return conditions;
}
