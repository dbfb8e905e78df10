import type { Actor } from '#lib/actor';
import { reviewedBy } from '#lib/batches/chosen';
import { matching } from '#lib/claims/matching';
import { type Searched, searched } from '#lib/claims/search';
import { db, Prisma } from '#lib/db';
import { decodeCursor, encodeCursor } from '#lib/interactions/cursor';
import { SEVERITIES } from '#lib/interactions/schema';
import { authorize } from '#lib/permissions';
import { type QueueRow, queueRows } from './queue-rows.ts';
import type { ListQueue } from './schema.ts';

/** Items due first that one page of groups is made of, at most. */
const WINDOW = 1_000;
/** Of a group, so many are listed when it is opened, and taken when it is selected; the cluster has them all. */
export const IN_GROUP = 50;

const ORDER = Prisma.sql`ORDER BY item.due_at, item.interaction_id`;

/**
 * Pending interactions, due first. Lists none that waits for a lead unless that stage is asked for, and none that the
 * reader has reviewed: it waits for somebody else.
 */
export async function listQueue(actor: Actor, filters: ListQueue) {
  authorize(actor, 'interaction.read');
  return rowsOf(actor, await searched(filters));
}

export type QueueGroup = {
  /** The one that is due first. */
  row: QueueRow;
  /** How many of this page are in its cluster, itself among them. */
  count: number;
  severities: { severity: string; count: number }[];
  /** Their ids, due first, at most IN_GROUP. */
  ids: string[];
  /** The others, due first and at most as many, where it is opened. */
  others: QueueRow[];
};

/**
 * The same, with what is of one cluster in one group unless the filters want none. A page is the items due first, at
 * most WINDOW of them, in at most `limit` groups; the next one begins behind the last of them, so that each item is on
 * one page. The filters' `open` names the clusters whose others are listed too. `matches` is how many the filters find,
 * counted up to `countTo`, and `capped` where there are more; null where they are not to be counted.
 */
export async function queuePage(actor: Actor, filters: ListQueue, countTo: number | null) {
  authorize(actor, 'interaction.read');
  const found = await searched(filters);
  const [page, matches] = await Promise.all([
    filters.group === 'none' ? groupsOfOne(actor, found) : groupsOf(actor, found),
    countTo === null ? null : countOf(actor, found, countTo),
  ]);
  return { ...page, matches };
}

type Page<Item> = { items: Item[]; nextCursor: string | null };

async function rowsOf(actor: Actor, filters: Searched<ListQueue>): Promise<Page<QueueRow>> {
  const rows = await queueRows(
    meIn(actor),
    Prisma.sql`SELECT item.* FROM queue_item AS item WHERE ${listed(actor, filters)}
      ${ORDER} LIMIT ${filters.limit + 1}`,
  );
  const items = rows.slice(0, filters.limit);
  const last = items.at(-1);
  return {
    items,
    nextCursor: rows.length > filters.limit && last ? encodeCursor({ at: last.dueAt, id: last.id }) : null,
  };
}

async function groupsOfOne(actor: Actor, filters: Searched<ListQueue>): Promise<Page<QueueGroup>> {
  const { items, nextCursor } = await rowsOf(actor, filters);
  const groups = items.map((row) => ({
    row,
    count: 1,
    severities: [{ severity: row.severity, count: 1 }],
    ids: [row.id],
    others: [],
  }));
  return { items: groups, nextCursor };
}

type Lean = { id: string; dueAt: Date; severity: string; clusterId: string | null };

async function groupsOf(actor: Actor, filters: Searched<ListQueue>): Promise<Page<QueueGroup>> {
  const lean = await db.$queryRaw<Lean[]>`
    WITH page AS MATERIALIZED (
      SELECT item.interaction_id, item.due_at, item.severity FROM queue_item AS item
      WHERE ${listed(actor, filters)} ${ORDER} LIMIT ${WINDOW + 1})
    SELECT item.interaction_id AS id, item.due_at AS "dueAt", item.severity, member.cluster_id AS "clusterId"
    FROM page AS item LEFT JOIN cluster_member AS member USING (interaction_id) ${ORDER}`;
  const { groups, used } = grouped(lean.slice(0, WINDOW), filters.limit);
  const open = await clusterIds(filters.open);
  const shown = groups.flatMap(([key, items]) => items.slice(0, open.has(key) ? IN_GROUP : 1));
  const rows = await queueRows(
    meIn(actor),
    Prisma.sql`SELECT item.* FROM queue_item AS item
      WHERE item.interaction_id = ANY(${shown.map(({ id }) => id)}::uuid[])`,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const last = lean[used - 1];
  return {
    items: groups.flatMap(([, items]): QueueGroup[] => {
      const [row, ...others] = items.flatMap(({ id }) => byId.get(id) ?? []);
      if (!row) return [];
      const ids = items.slice(0, IN_GROUP).map(({ id }) => id);
      return [{ row, count: items.length, severities: talliesOf(items), ids, others }];
    }),
    nextCursor: used < lean.length && last ? encodeCursor({ at: last.dueAt, id: last.id }) : null,
  };
}

async function countOf(actor: Actor, { cursor: _, ...filters }: Searched<ListQueue>, most: number) {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (SELECT 1 FROM queue_item AS item
      WHERE ${listed(actor, filters)} LIMIT ${most + 1}) AS first`;
  const count = row?.count ?? 0;
  return { count: Math.min(count, most), capped: count > most || (filters.found?.more ?? false) };
}

/** The items that the list has, as conditions on `queue_item AS item`. */
function listed(actor: Actor, filters: Searched<ListQueue>): Prisma.Sql {
  const where = [Prisma.sql`item.state = 'pending' ${matching(filters)}`];
  if (filters.holder === 'mine') {
    const me = meIn(actor);
    // Two indexed look-ups; an OR of the two would be looked for in the order of the whole queue.
    where.push(Prisma.sql`item.interaction_id IN (
      SELECT interaction_id FROM queue_item WHERE lease_holder_id = ${me}::uuid AND lease_expires_at > now()
      UNION ALL
      SELECT interaction_id FROM queue_item WHERE assignee_id = ${me}::uuid AND assigned_until > now())`);
    if (filters.stage) where.push(Prisma.sql`item.stage = ${filters.stage}`);
  } else where.push(Prisma.sql`item.stage = ${filters.stage ?? 'review'}`);
  if (actor.kind === 'user') where.push(Prisma.sql`NOT ${reviewedBy(actor)}`);
  if (filters.cursor !== undefined) {
    const { at, id } = decodeCursor(filters.cursor);
    where.push(
      Prisma.sql`(item.due_at, item.interaction_id) > (${at.toISOString()}::timestamptz, ${id}::uuid)`,
    );
  }
  return Prisma.join(where, ' AND ');
}

/** Groups in the order of their first, until one more would be too many; `used` is how many items are in them. */
function grouped(items: Lean[], most: number): { groups: [string, Lean[]][]; used: number } {
  const groups = new Map<string, Lean[]>();
  let used = 0;
  for (const item of items) {
    const key = item.clusterId ?? item.id;
    const group = groups.get(key);
    if (group) group.push(item);
    else if (groups.size === most) break;
    else groups.set(key, [item]);
    used += 1;
  }
  return { groups: [...groups], used };
}

function talliesOf(items: Lean[]): { severity: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { severity } of items) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  return SEVERITIES.toReversed().flatMap((severity) => {
    const count = counts.get(severity);
    return count === undefined ? [] : [{ severity, count }];
  });
}

async function clusterIds(refs: string | undefined): Promise<Set<string>> {
  const numbers = (refs ?? '').split(',').flatMap((ref) => (ref === '' ? [] : [Number(ref.slice(2))]));
  if (numbers.length === 0) return new Set();
  const found = await db.cluster.findMany({ where: { number: { in: numbers } }, select: { id: true } });
  return new Set(found.map(({ id }) => id));
}

function meIn(actor: Actor): string | null {
  return actor.kind === 'user' ? actor.id : null;
}
