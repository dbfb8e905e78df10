import type { Actor } from '#lib/actor';
import { db, type Tx } from '#lib/db';
import { authorize } from '#lib/permissions';
import type { RoutingQueue } from './routing.ts';
import { type RoutingConditions, routingConditionsSchema } from './schema.ts';

/** Pending items of one queue are counted no further than this. */
export const COUNTED = 10_000;

type Row = {
  id: string;
  key: string;
  name: string;
  conditions: unknown;
  requiredReviews: number;
  secondShare: number | null;
  isDefault: boolean;
  pending: number;
  forLeads: number;
  oldestReceivedAt: Date | null;
};

/**
 * The queues in use, in the order in which they are tried, the default last. `pending` stops at COUNTED, where
 * `capped` is true, and `oldestReceivedAt` is then the oldest of those that are due first. `forLeads` counts what was
 * skipped too often or is disputed, up to the same.
 */
export async function listQueues(actor: Actor) {
  authorize(actor, 'queue.read');
  const rows = await db.$queryRaw<Row[]>`
    SELECT queue.id, queue.key, queue.name, queue.conditions, queue.required_reviews AS "requiredReviews",
      queue.second_share AS "secondShare", queue.is_default AS "isDefault", waiting.pending,
      waiting.oldest AS "oldestReceivedAt", leads.pending AS "forLeads"
    FROM queue
    CROSS JOIN LATERAL (SELECT count(*)::int AS pending, min(received_at) AS oldest FROM (
      SELECT received_at FROM queue_item AS item
      WHERE item.state = 'pending' AND item.stage = 'review' AND item.queue_id = queue.id
      ORDER BY item.due_at, item.interaction_id LIMIT ${COUNTED + 1}) AS first) AS waiting
    CROSS JOIN LATERAL (SELECT count(*)::int AS pending FROM (
      SELECT 1 FROM queue_item AS item
      WHERE item.state = 'pending' AND item.stage IN ('lead', 'adjudication') AND item.queue_id = queue.id
      LIMIT ${COUNTED}) AS first) AS leads
    WHERE queue.archived_at IS NULL ORDER BY queue.is_default, queue.position`;
  return rows.map(({ conditions, pending, ...row }) => ({
    ...row,
    conditions: conditionsOf(conditions),
    pending: Math.min(pending, COUNTED),
    capped: pending > COUNTED,
  }));
}

export type ListedQueue = Awaited<ReturnType<typeof listQueues>>[number];

/** The queues in use as routing takes them. */
export async function routingQueues(client: Tx = db): Promise<RoutingQueue[]> {
  const queues = await client.queue.findMany({
    where: { archivedAt: null },
    orderBy: [{ isDefault: 'asc' }, { position: 'asc' }],
    select: { id: true, conditions: true, requiredReviews: true, secondShare: true, isDefault: true },
  });
  return queues.map((queue) => ({ ...queue, conditions: conditionsOf(queue.conditions) }));
}

function conditionsOf(stored: unknown): RoutingConditions {
  return routingConditionsSchema.parse(stored);
}
