import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { reviewSettings } from '#lib/settings/queries';
import { routingQueues } from './queries.ts';
import { keepProgress, lockProgress, requestReroute, rerouteSome } from './reroute.ts';
import type { ArchiveQueue, CreateQueue, EditQueue, OrderQueues, RoutingConditions } from './schema.ts';

const REROUTE_BATCH = 1_000;

/**
 * A new queue, tried after the others and before the default; what is pending and meets its conditions moves there
 * soon. Throws `conflict` for a key that is taken, and `invalid` for no conditions at all.
 */
export async function createQueue(actor: Actor, input: CreateQueue): Promise<{ id: string }> {
  authorize(actor, 'queue.manage');
  const id = newId();
  const { key, name, conditions, requiredReviews, secondShare } = input;
  requireCondition(conditions);
  return db.$transaction(async (tx) => {
    await lockQueues(tx);
    if (await tx.queue.findUnique({ where: { key } })) {
      const taken = 'is taken by another queue, perhaps an archived one; choose another';
      throw new AppError('conflict', `key: ${taken}`, { fields: { key: taken } });
    }
    const last = await tx.queue.aggregate({ where: { isDefault: false }, _max: { position: true } });
    const position = (last._max.position ?? 0) + 1;
    await tx.queue.create({ data: { id, key, name, conditions, requiredReviews, secondShare, position } });
    await recordEvent(tx, actor, {
      action: 'queue.create',
      subject: { type: 'queue', id },
      data: { key, name, conditions, requiredReviews, secondShare },
    });
    await requestReroute(tx);
    return { id };
  });
}

/**
 * Changes the given fields and leaves the others; pending items are routed again soon.
 * Throws `not_found`, and `invalid` for conditions on the default queue, which takes what no other takes, or for none
 * on another.
 */
export async function editQueue(actor: Actor, input: EditQueue): Promise<void> {
  authorize(actor, 'queue.manage');
  const { id, ...given } = input;
  await db.$transaction(async (tx) => {
    const before = await queueInUse(tx, id);
    if (before.isDefault && given.conditions && Object.keys(given.conditions).length > 0) {
      const none = 'cannot be set: the default queue takes what meets no other’s conditions';
      throw new AppError('invalid', `conditions: ${none}`, { fields: { conditions: none } });
    }
    if (!before.isDefault && given.conditions) requireCondition(given.conditions);
    const fields = (Object.keys(given) as (keyof typeof given)[]).filter(
      (field) => given[field] !== undefined && JSON.stringify(given[field]) !== JSON.stringify(before[field]),
    );
    if (fields.length === 0) return;
    await tx.queue.update({
      where: { id },
      data: Object.fromEntries(fields.map((field) => [field, given[field]])),
    });
    await recordEvent(tx, actor, {
      action: 'queue.edit',
      subject: { type: 'queue', id },
      data: {
        key: before.key,
        changes: Object.fromEntries(
          fields.map((field) => [field, { before: before[field], after: given[field] }]),
        ),
      },
    });
    if (fields.some((field) => field !== 'name')) await requestReroute(tx);
  });
}

/** Without any it would take everything, and no queue after it would ever get an item. */
function requireCondition(conditions: RoutingConditions): void {
  if (Object.keys(conditions).length > 0) return;
  const none = 'name at least one: a queue without conditions would take everything from those after it';
  throw new AppError('invalid', `conditions: ${none}`, { fields: { conditions: none } });
}

/**
 * The order in which the queues are tried; `ids` names each but the default. Pending items are routed again soon.
 * Throws `conflict` when another queue was made or archived meanwhile.
 */
export async function orderQueues(actor: Actor, input: OrderQueues): Promise<void> {
  authorize(actor, 'queue.manage');
  await db.$transaction(async (tx) => {
    await lockQueues(tx);
    const queues = await tx.queue.findMany({
      where: { archivedAt: null, isDefault: false },
      orderBy: { position: 'asc' },
      select: { id: true, key: true },
    });
    const known = new Map(queues.map(({ id, key }) => [id, key]));
    if (new Set(input.ids).size !== known.size || !input.ids.every((id) => known.has(id))) {
      throw new AppError(
        'conflict',
        'The list of queues has changed meanwhile; reload it and order it again.',
      );
    }
    await tx.$executeRaw`
      UPDATE queue SET position = row.position::int
      FROM unnest(${input.ids}::text[]) WITH ORDINALITY AS row (id, position) WHERE queue.id = row.id::uuid`;
    await recordEvent(tx, actor, {
      action: 'queue.order',
      subject: { type: 'queue', id: 'all' },
      data: { before: queues.map(({ key }) => key), after: input.ids.map((id) => known.get(id)) },
    });
    await requestReroute(tx);
  });
}

/** Takes a queue out of use; what is pending in it moves on soon. Throws `not_found`, `invalid` for the default. */
export async function archiveQueue(actor: Actor, input: ArchiveQueue): Promise<void> {
  authorize(actor, 'queue.manage');
  await db.$transaction(async (tx) => {
    const queue = await queueInUse(tx, input.id);
    if (queue.isDefault)
      throw new AppError('invalid', 'The default queue takes what no other takes, so it stays.');
    await tx.queue.update({ where: { id: input.id }, data: { archivedAt: new Date() } });
    await recordEvent(tx, actor, {
      action: 'queue.archive',
      subject: { type: 'queue', id: input.id },
      data: { key: queue.key, name: queue.name },
    });
    await requestReroute(tx);
  });
}

/**
 * Routes pending items again, where that was asked for, in batches that a restart continues; the worker's job.
 * Answers how many moved to another queue, null when nothing was asked for.
 */
export async function reroutePending(actor: Actor, batch = REROUTE_BATCH): Promise<number | null> {
  authorize(actor, 'queue.manage');
  for (let moved: number | null = null; ; ) {
    const step = await db.$transaction(async (tx) => {
      const progress = await lockProgress(tx);
      if (!progress) return null;
      const settings = await reviewSettings(tx);
      const some = await rerouteSome(tx, await routingQueues(tx), settings, progress.cursor, batch);
      const total = progress.moved + some.moved;
      if (some.cursor !== null) {
        await keepProgress(tx, { ...progress, cursor: some.cursor, moved: total });
        return { moved: total, done: false };
      }
      await keepProgress(tx, null);
      if (total > 0) {
        await recordEvent(tx, actor, {
          action: 'queue.reroute',
          subject: { type: 'queue', id: 'all' },
          data: { moved: total },
        });
      }
      return { moved: total, done: true };
    });
    if (!step) return moved;
    moved = step.moved;
    if (step.done) return moved;
  }
}

// Positions and the set of queues are read before they are written.
async function lockQueues(tx: Tx): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM queue ORDER BY id FOR UPDATE`;
}

async function queueInUse(tx: Tx, id: string) {
  await tx.$queryRaw`SELECT 1 FROM queue WHERE id = ${id}::uuid FOR UPDATE`;
  const queue = await tx.queue.findUnique({ where: { id } });
  if (!queue || queue.archivedAt) throw new AppError('not_found', 'There is no such queue in use.');
  return queue;
}
