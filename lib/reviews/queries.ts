import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { decodeCursor, encodeCursor } from '#lib/interactions/cursor';
import { authorize } from '#lib/permissions';
import type { ListQueue } from './schema.ts';

export type QueueRow = {
  id: string;
  severity: string;
  category: string;
  language: string;
  title: string;
  model: string;
  surface: string;
  path: string | null;
  receivedAt: Date;
  dueAt: Date;
  heldBy: string | null;
  heldUntil: Date | null;
  mine: boolean;
};

/** Pending interactions, due first. */
export async function listQueue(actor: Actor, filters: ListQueue) {
  authorize(actor, 'interaction.read');
  const me = actor.kind === 'user' ? actor.id : null;
  const where = [Prisma.sql`item.state = 'pending'`];
  if (filters.severity) where.push(Prisma.sql`item.severity = ${filters.severity}`);
  if (filters.category) where.push(Prisma.sql`item.category = ${filters.category}`);
  if (filters.language) where.push(Prisma.sql`item.language = ${filters.language}`);
  if (filters.holder === 'mine') {
    where.push(Prisma.sql`item.lease_holder_id = ${me}::uuid AND item.lease_expires_at > now()`);
  }
  if (filters.cursor !== undefined) {
    const { at, id } = decodeCursor(filters.cursor);
    where.push(
      Prisma.sql`(item.due_at, item.interaction_id) > (${at.toISOString()}::timestamptz, ${id}::uuid)`,
    );
  }
  const rows = await db.$queryRaw<QueueRow[]>`
    SELECT item.interaction_id AS id, item.severity, item.category, item.language,
      COALESCE(finding.message, finding.rule, finding.detector, 'No finding') AS title,
      interaction.model_name || ' ' || interaction.model_version AS model, interaction.surface, interaction.path,
      item.received_at AS "receivedAt", item.due_at AS "dueAt",
      CASE WHEN item.lease_expires_at > now() THEN holder.name END AS "heldBy",
      CASE WHEN item.lease_expires_at > now() THEN item.lease_expires_at END AS "heldUntil",
      COALESCE(item.lease_expires_at > now() AND item.lease_holder_id = ${me}::uuid, false) AS mine
    FROM queue_item AS item
    JOIN interaction ON interaction.id = item.interaction_id
    LEFT JOIN app_user AS holder ON holder.id = item.lease_holder_id
    LEFT JOIN LATERAL (
      SELECT message, rule, detector FROM finding
      WHERE finding.interaction_id = item.interaction_id
      ORDER BY (finding.severity = item.severity) DESC, position LIMIT 1
    ) AS finding ON true
    WHERE ${Prisma.join(where, ' AND ')}
    ORDER BY item.due_at, item.interaction_id
    LIMIT ${filters.limit + 1}`;
  const items = rows.slice(0, filters.limit);
  const last = items.at(-1);
  return {
    items,
    nextCursor: rows.length > filters.limit && last ? encodeCursor({ at: last.dueAt, id: last.id }) : null,
  };
}

/** What the queue's header says; `today` counts the actor's own decisions since midnight UTC. */
export async function queueSummary(actor: Actor) {
  authorize(actor, 'interaction.read');
  const midnight = new Date();
  midnight.setUTCHours(0, 0, 0, 0);
  const pending = { state: 'pending' };
  const [waiting, languages, today] = await Promise.all([
    db.queueItem.aggregate({ where: pending, _count: true, _min: { receivedAt: true } }),
    db.queueItem.groupBy({
      by: ['language'],
      where: pending,
      _count: true,
      orderBy: { _count: { language: 'desc' } },
      take: 50,
    }),
    actor.kind === 'user'
      ? db.review.count({ where: { reviewerId: actor.id, createdAt: { gte: midnight } } })
      : 0,
  ]);
  return {
    pending: waiting._count,
    oldestReceivedAt: waiting._min.receivedAt,
    languages: languages.map(({ language, _count }) => ({ language, pending: _count })),
    today,
  };
}
