import type { Tx } from '#lib/db';
import { type RoutingQueue, reviewsNeededFor, routableOf, routeOf } from '#lib/queues/routing';
import { routingConditionsSchema } from '#lib/queues/schema';
import { reviewSettings } from '#lib/settings/queries';
import type { NewInteraction, Place } from './insert.ts';

/** Reads the queues in use and the settings once; answers where each flagged interaction of a batch goes. */
export async function placer(tx: Tx): Promise<(interaction: NewInteraction) => Place> {
  const [queues, settings] = [await routingQueues(tx), await reviewSettings(tx)];
  return ({ key, row }) => {
    const routable = routableOf(row);
    if (!routable) throw new Error('An interaction without findings has no place in a queue.');
    const queue = routeOf(queues, routable);
    return {
      queueId: queue.id,
      reviewsNeeded: reviewsNeededFor(queue, settings, routable.severity, key),
    };
  };
}

/** Every queue in use, in the order in which they are tried. */
export async function routingQueues(tx: Tx): Promise<RoutingQueue[]> {
  const rows = await tx.queue.findMany({
    where: { archivedAt: null },
    orderBy: { position: 'asc' },
    select: { id: true, conditions: true, requiredReviews: true, secondShare: true, isDefault: true },
  });
  return rows.map((row) => ({ ...row, conditions: routingConditionsSchema.parse(row.conditions) }));
}
