import type { Actor } from '#lib/actor';
import { Prisma } from '#lib/db';
import { can } from '#lib/permissions';

/**
 * Whether somebody may yet review what waits, so that nobody else's word on it is theirs to read. Nobody knows who holds
 * a key: it reads decisions once there is one.
 */
export function isBlind(actor: Actor): boolean {
  return actor.kind === 'key' || (actor.kind === 'user' && can(actor, 'review.claim'));
}

/**
 * Reviews are blind: while an item is pending, whoever might yet review it sees only their own. A lead who took no
 * part sees a disagreement, because they settle it. Pages, answers and exports all ask here.
 */
export function readableReviews<R extends { reviewer: { id: string } }>(
  actor: Actor,
  item: { state: string; stage: string } | null,
  reviews: R[],
): R[] {
  if (item?.state !== 'pending' || !isBlind(actor)) return reviews;
  if (actor.kind !== 'user') return [];
  const own = reviews.filter(({ reviewer }) => reviewer.id === actor.id);
  const settles = item.stage === 'adjudication' && own.length === 0 && can(actor, 'review.adjudicate');
  return settles ? reviews : own;
}

/** The same rule as an SQL condition on `queue_item AS item`: whether figures for the actor may count its reviews. */
export function countableItems(actor: Actor): Prisma.Sql {
  if (!isBlind(actor)) return Prisma.sql`true`;
  if (actor.kind !== 'user' || !can(actor, 'review.adjudicate')) return Prisma.sql`item.state <> 'pending'`;
  return Prisma.sql`(item.state <> 'pending' OR (item.stage = 'adjudication' AND NOT EXISTS (
    SELECT 1 FROM review AS own
    WHERE own.interaction_id = item.interaction_id AND own.reviewer_id = ${actor.id}::uuid)))`;
}

/** Events that say what somebody thinks of one item; also of one that waits again since. */
const WORDS = Prisma.sql`('review.decide', 'review.undo', 'review.reopen', 'review.disagree',
  'review.adjudicate', 'cluster.auto_decide')`;

/**
 * The same for the history, as SQL conditions on `event e`: another's word on an item that is still pending, and which
 * items are golden. Auditors, who never review, read everything.
 */
export function blindEvents(actor: Actor): Prisma.Sql[] {
  if (!isBlind(actor)) return [];
  const others =
    actor.kind === 'user' ? Prisma.sql`e.actor_id IS DISTINCT FROM ${actor.id}` : Prisma.sql`true`;
  const conditions = [
    Prisma.sql`NOT (e.action IN ${WORDS} AND ${others} AND EXISTS (
      SELECT 1 FROM queue_item AS item WHERE item.state = 'pending'
        AND item.interaction_id = CASE WHEN e.subject_type = 'interaction' THEN e.subject_id::uuid END))`,
    // Of a batch that was taken back the reviews are gone, and its items wait again.
    Prisma.sql`NOT (e.action = 'batch.decide' AND ${others} AND EXISTS (
      SELECT 1 FROM review_batch AS batch WHERE batch.id = CASE WHEN e.subject_type = 'batch' THEN e.subject_id::uuid END
        AND (batch.reversed_at IS NOT NULL OR EXISTS (SELECT 1 FROM review JOIN queue_item AS item USING (interaction_id)
          WHERE item.state = 'pending' AND review.batch_id = batch.id))))`,
    // Answers to golden items are each person's own, also before leads.
    Prisma.sql`NOT (e.action = 'golden.answer' AND ${others})`,
  ];
  if (!can(actor, 'golden.manage')) {
    conditions.push(Prisma.sql`NOT (e.action LIKE 'golden.%' AND ${others})`);
  }
  return conditions;
}
