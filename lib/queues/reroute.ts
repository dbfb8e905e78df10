import { Prisma, type Tx } from '#lib/db';
import { newId } from '#lib/ids';
import type { Severity } from '#lib/interactions/schema';
import type { ReviewSettings } from '#lib/settings/schema';
import { type RoutingQueue, reviewsNeededFor, routeOf } from './routing.ts';

/** The row of `setting` that asks for re-routing and keeps how far it came; gone when it is done. */
const ASKED_KEY = 'reroute';

/** How far a run came: every pending item up to `cursor` is routed, `moved` of them to another queue. */
export type Progress = { run: string; cursor: string | null; moved: number };

/**
 * Asks for every pending item to be routed again, in the caller's transaction: a run that is under way starts over.
 * The worker looks every minute; where its job queue exists it is woken at once.
 */
export async function requestReroute(tx: Tx): Promise<void> {
  const value: Progress = { run: newId(), cursor: null, moved: 0 };
  await tx.setting.upsert({
    where: { key: ASKED_KEY },
    create: { key: ASKED_KEY, value },
    update: { value, updatedAt: new Date() },
  });
  const [jobs] = await tx.$queryRaw<{ ready: boolean }[]>`
    SELECT to_regproc('graphile_worker.add_job') IS NOT NULL AS ready`;
  if (jobs?.ready) {
    await tx.$executeRaw`SELECT FROM graphile_worker.add_job('reroute_queue', job_key => 'reroute_queue')`;
  }
}

/** Where re-routing stands, locked until the transaction ends; null when none is asked for. */
export async function lockProgress(tx: Tx): Promise<Progress | null> {
  const [row] = await tx.$queryRaw<{ value: Progress }[]>`
    SELECT value FROM setting WHERE key = ${ASKED_KEY} FOR UPDATE`;
  return row?.value ?? null;
}

/** Keeps how far the run came; null ends it. */
export async function keepProgress(tx: Tx, progress: Progress | null): Promise<void> {
  if (progress) await tx.setting.update({ where: { key: ASKED_KEY }, data: { value: progress } });
  else await tx.setting.delete({ where: { key: ASKED_KEY } });
}

type Item = {
  id: string;
  queueId: string;
  reviewsNeeded: number;
  reviewsDone: number;
  category: string;
  severity: Severity;
  language: string;
  surface: string;
  model: string;
  tenant: string | null;
  tier: string | null;
  detectors: string[];
};

/** Routes the next `limit` pending items after the cursor; the new cursor is null after the last. */
export async function rerouteSome(
  tx: Tx,
  queues: readonly RoutingQueue[],
  settings: Pick<ReviewSettings, 'secondShare' | 'secondShareSevere'>,
  after: string | null,
  limit: number,
): Promise<{ cursor: string | null; moved: number }> {
  const items = await tx.$queryRaw<Item[]>`
    SELECT item.interaction_id AS id, item.queue_id AS "queueId", item.reviews_needed AS "reviewsNeeded",
      item.reviews_done AS "reviewsDone", item.category, item.severity, item.language, interaction.surface,
      interaction.model_name AS model, interaction.tenant, interaction.tier,
      ARRAY(SELECT finding.detector FROM finding WHERE finding.interaction_id = item.interaction_id) AS detectors
    FROM queue_item AS item JOIN interaction ON interaction.id = item.interaction_id
    WHERE item.state = 'pending'
      ${after === null ? Prisma.empty : Prisma.sql`AND item.interaction_id > ${after}::uuid`}
    ORDER BY item.interaction_id LIMIT ${limit} FOR UPDATE OF item`;
  const changed = items.flatMap((item) => {
    const queue = routeOf(queues, item);
    // An item with a first review keeps waiting for its second: its author was told nothing else.
    const least = item.reviewsDone === 0 ? 1 : item.reviewsDone + 1;
    const needed = Math.max(least, reviewsNeededFor(queue, settings, item.severity, item.id));
    const same = queue.id === item.queueId && needed === item.reviewsNeeded;
    return same ? [] : [{ id: item.id, queueId: queue.id, needed, moved: queue.id !== item.queueId }];
  });
  if (changed.length > 0) {
    await tx.$executeRaw`
      UPDATE queue_item AS item SET queue_id = row.queue_id::uuid, reviews_needed = row.needed::smallint
      FROM unnest(${changed.map(({ id }) => id)}::text[], ${changed.map(({ queueId }) => queueId)}::text[],
        ${changed.map(({ needed }) => needed)}::int[]) AS row (id, queue_id, needed)
      WHERE item.interaction_id = row.id::uuid`;
  }
  const cursor = items.length < limit ? null : (items.at(-1)?.id ?? null);
  return { cursor, moved: changed.filter(({ moved }) => moved).length };
}
