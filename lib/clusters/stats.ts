import { db, type Tx } from '#lib/db';
import { OUTCOMES, SEVERITIES, type Severity } from '#lib/interactions/schema';
import { DUE_AFTER_MS, spreadOf } from '#lib/reviews/priority';

/** Clusters that one pass counts anew. */
const PASS = 200;
/** How long a count stands while members of the last hour leave it by the mere passing of time. */
const FRESH_MINUTES = 5;
/** A cluster's members are counted anew at most every so many milliseconds per member: a bounded share of the time. */
const MS_PER_MEMBER = 1;
/** Due times are moved when the spread has changed by this factor; spread grows with the logarithm of a cluster. */
const MOVE_FROM = 1.25;
/** Clusters that one process remembers to have counted. */
const REMEMBERED = 10_000;
/** Pending items that one pass moves in one cluster; the rest waits for the next. */
const MOVED_AT_ONCE = 5_000;

/** Marks the clusters of these interactions for counting, because their outcomes changed. For verbs, in their transaction. */
export async function markStale(tx: Tx, interactionIds: string[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE cluster SET stats_at = NULL
    WHERE id IN (
      SELECT id FROM cluster WHERE stats_at IS NOT NULL AND id IN (
        SELECT cluster_id FROM cluster_member WHERE interaction_id = ANY(${interactionIds}::uuid[]))
      ORDER BY id FOR NO KEY UPDATE)`;
}

/** What was counted when, in this process: a large cluster is not counted again with every batch that reaches it. */
export type Counted = Map<string, { atMs: number; size: number }>;

/**
 * Counts these clusters anew where they are due. `waiting` are those that are not yet, or that somebody is changing:
 * to be asked for again. One that is forgotten keeps its mark and is found by `findStale`.
 */
export async function refreshStats(
  clusterIds: string[],
  counted: Counted = new Map(),
  nowMs: number = Date.now(),
): Promise<{ counted: number; waiting: string[] }> {
  const waiting = new Set(clusterIds);
  const due = [...waiting].filter((id) => {
    const last = counted.get(id);
    return !last || nowMs - last.atMs >= last.size * MS_PER_MEMBER;
  });
  let done = 0;
  for (let from = 0; from < due.length; from += PASS) {
    const pass = due.slice(from, from + PASS);
    for (const { id, size } of await db.$transaction((tx) => countClusters(tx, pass), { timeout: 60_000 })) {
      counted.delete(id);
      counted.set(id, { atMs: nowMs, size });
      waiting.delete(id);
      done += 1;
    }
  }
  // Oldest first out: a map keeps the order of insertion.
  for (const id of counted.keys()) {
    if (counted.size <= REMEMBERED) break;
    counted.delete(id);
  }
  return { counted: done, waiting: [...waiting].slice(0, REMEMBERED) };
}

/** Clusters that changed since they were counted, or whose last hour has moved on; a scan of the table, a few times a minute. */
export async function findStale(): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM cluster
    WHERE stats_at IS NULL OR (last_hour > 0 AND stats_at < now() - make_interval(mins => ${FRESH_MINUTES}::int))
    ORDER BY stats_at NULLS FIRST LIMIT 5000`;
  return rows.map(({ id }) => id);
}

type StatsRow = {
  id: string;
  size: number;
  actors: number;
  tenants: number;
  rated: number;
  accepted: number;
  lastHour: number;
  firstAt: Date;
  lastAt: Date;
};

/**
 * Counts members exactly and moves the due times of pending items whose spread has changed. A cluster that somebody
 * is changing at this moment is left for the next pass.
 * Of an interaction's outcomes the latest holds, as lib/outcomes/effective.ts says: kept is accepted or edited, rated
 * anything but merely shown.
 */
export async function countClusters(tx: Tx, clusterIds: string[]): Promise<StatsRow[]> {
  const locked = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM cluster WHERE id = ANY(${clusterIds}::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`;
  if (locked.length === 0) return [];
  const ids = locked.map(({ id }) => id);
  const rows = await tx.$queryRaw<StatsRow[]>`
    WITH counted AS (
      SELECT member.cluster_id, count(*)::int AS size, count(DISTINCT i.actor_id)::int AS actors,
        count(DISTINCT i.tenant)::int AS tenants,
        (count(*) FILTER (WHERE told.said <> 'shown'))::int AS rated,
        (count(*) FILTER (WHERE told.said IN ('accepted', 'edited')))::int AS accepted,
        (count(*) FILTER (WHERE i.received_at > now() - interval '1 hour'))::int AS last_hour,
        min(i.received_at) AS first_at, max(i.received_at) AS last_at
      FROM cluster_member member
      JOIN interaction i ON i.id = member.interaction_id
      CROSS JOIN LATERAL (
        SELECT coalesce((SELECT outcome FROM outcome WHERE interaction_id = i.id
          ORDER BY occurred_at DESC, array_position(${[...OUTCOMES]}::text[], outcome) DESC LIMIT 1), i.outcome) AS said) told
      WHERE member.cluster_id = ANY(${ids}::uuid[])
      GROUP BY 1
    )
    UPDATE cluster SET size = counted.size, actors = counted.actors, tenants = counted.tenants, rated = counted.rated,
      accepted = counted.accepted, last_hour = counted.last_hour, first_at = counted.first_at,
      last_at = counted.last_at, stats_at = now()
    FROM counted WHERE cluster.id = counted.cluster_id
    RETURNING cluster.id, cluster.size, cluster.actors, cluster.tenants, cluster.rated, cluster.accepted,
      cluster.last_hour AS "lastHour", cluster.first_at AS "firstAt", cluster.last_at AS "lastAt"`;
  await moveDueTimes(tx, rows);
  return rows;
}

// SKIP LOCKED: whoever is deciding or claiming an item at this moment is not waited for and not blocked.
async function moveDueTimes(tx: Tx, rows: StatsRow[]): Promise<void> {
  const severities: readonly Severity[] = SEVERITIES;
  await tx.$executeRaw`
    WITH spreading AS (
      SELECT * FROM unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(spreadOf)}::float8[]) AS given (id, spread)
    ), window_of AS (
      SELECT * FROM unnest(${[...severities]}::text[], ${severities.map((one) => DUE_AFTER_MS[one])}::float8[])
        AS given (severity, ms)
    ), moving AS (
      SELECT item.interaction_id, spreading.spread
      FROM spreading
      JOIN cluster_member member ON member.cluster_id = spreading.id
      JOIN queue_item item ON item.interaction_id = member.interaction_id
      WHERE item.state = 'pending' AND (item.spread > spreading.spread * ${MOVE_FROM}::float8
        OR item.spread * ${MOVE_FROM}::float8 < spreading.spread)
      LIMIT ${MOVED_AT_ONCE}
      FOR NO KEY UPDATE OF item SKIP LOCKED
    )
    UPDATE queue_item item SET spread = moving.spread,
      due_at = item.received_at + make_interval(secs => window_of.ms / 1000 / moving.spread)
    FROM moving, window_of
    WHERE item.interaction_id = moving.interaction_id AND window_of.severity = item.severity`;
}
