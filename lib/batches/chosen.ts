import type { UserActor } from '#lib/actor';
import { matching } from '#lib/claims/matching';
import { onScreen } from '#lib/clusters/variants';
import { Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { MAX_BATCH } from '#lib/reviews/schema';
import type { PreviewBatch } from './schema.ts';

/** The items that are meant, as conditions on `queue_item AS item`: all of a cluster, or what the filter
 * matches. */
export function meant(input: PreviewBatch): Prisma.Sql {
  if ('filter' in input) {
    const { items, ...filter } = input.filter;
    const selected = items?.split(',') ?? [];
    return Prisma.sql`(${items === undefined} OR item.interaction_id = ANY(${selected}::uuid[])) ${matching(filter)}`;
  }
  return Prisma.sql`item.interaction_id IN (
    SELECT member.interaction_id FROM cluster_member AS member WHERE member.cluster_id = ${input.clusterId}::uuid)`;
}

/** Of those, what this person may decide with the others: pending, nobody else's, and not reviewed by them. */
export function decidable(person: UserActor): Prisma.Sql {
  return Prisma.sql`item.state = 'pending' AND item.stage = 'review'
    AND NOT ${heldByAnother(person)} AND NOT ${handedToAnother(person)} AND NOT ${reviewedBy(person)}`;
}

export function heldByAnother(person: UserActor): Prisma.Sql {
  return Prisma.sql`COALESCE(item.lease_expires_at > now() AND item.lease_holder_id <> ${person.id}::uuid, false)`;
}

export function handedToAnother(person: UserActor): Prisma.Sql {
  return Prisma.sql`COALESCE(item.assigned_until > now() AND item.assignee_id <> ${person.id}::uuid, false)`;
}

// The counter spares the look-up for almost every row.
export function reviewedBy(person: UserActor): Prisma.Sql {
  return Prisma.sql`(item.reviews_done > 0 AND EXISTS (SELECT 1 FROM review
    WHERE review.interaction_id = item.interaction_id AND review.reviewer_id = ${person.id}::uuid OFFSET 0))`;
}

/**
 * The first of the decidable items by their due time, at most `MAX_BATCH`: what one batch may take, and with `shown`
 * what it takes.
 */
export function firstDecidable(
  person: UserActor,
  input: PreviewBatch,
  shown?: readonly string[],
): Prisma.Sql {
  return Prisma.sql`SELECT item.interaction_id FROM queue_item AS item
    WHERE ${meant(input)} AND ${decidable(person)} AND ${shown ? onScreen(shown) : Prisma.sql`true`} ORDER BY item.due_at, item.interaction_id LIMIT ${MAX_BATCH}::int`;
}

/** Exactly how many this person could decide now, however many batches that takes. */
export async function countDecidable(
  tx: Tx,
  person: UserActor,
  input: PreviewBatch,
  shown?: readonly string[],
): Promise<number> {
  const [row] = await tx.$queryRaw<{ total: number }[]>`
    SELECT count(*)::int AS total FROM queue_item AS item
    WHERE ${meant(input)} AND ${decidable(person)} AND ${shown ? onScreen(shown) : Prisma.sql`true`}`;
  return row?.total ?? 0;
}

/** Throws `not_found` for a cluster, or a filter's queue or cluster, that there is not: it would match nothing. */
export async function mustExist(tx: Tx, input: PreviewBatch): Promise<void> {
  if ('clusterId' in input) {
    if (await tx.cluster.findUnique({ where: { id: input.clusterId }, select: { id: true } })) return;
    throw new AppError('not_found', 'There is no such cluster.');
  }
  const { queue, cluster } = input.filter;
  if (queue && !(await tx.queue.findUnique({ where: { key: queue }, select: { id: true } }))) {
    throw new AppError('not_found', `There is no queue ${queue}.`);
  }
  if (cluster && !(await tx.cluster.findUnique({ where: { number: Number(cluster.slice(2)) } }))) {
    throw new AppError('not_found', `There is no cluster ${cluster}.`);
  }
}
