import { db } from '#lib/db';

/** An arbitrary number that only sequencers lock. */
const LOCK = 5_709_110_440;
/** Most events numbered in one transaction. */
const BATCH = 5_000;
/**
 * How many numbered events each run looks back over. An event can only fall behind by what transactions that
 * were running beside its own wrote; a full look, at start and every ten minutes, finds it however far it fell.
 */
const LOOK_BACK = 20_000;
const FULL_EVERY_MS = 600_000;

let lastFullAt = Number.NEGATIVE_INFINITY;

/**
 * Gives committed events their place in the total order, contiguous from 0, and answers how many it gave.
 * A transaction that took its id early may commit late. So only events older than every running transaction
 * (`xid` below the snapshot's xmin) are numbered: no transaction that is still open can add one before them, and
 * one that commits later is found because it has no number yet, not because its id is higher. The price is that
 * one very long writing transaction holds the order up.
 */
export async function sequenceEvents(options: { full?: boolean } = {}): Promise<number> {
  const full = options.full ?? performance.now() - lastFullAt > FULL_EVERY_MS;
  let total = 0;
  for (;;) {
    const given = await sequenceBatch(full);
    total += given;
    if (given < BATCH) break;
  }
  if (full) lastFullAt = performance.now();
  return total;
}

async function sequenceBatch(full: boolean): Promise<number> {
  return db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${LOCK}::bigint)`;
    // A statement of its own, after the lock: its snapshot sees what the last holder numbered.
    return tx.$executeRaw`
      WITH last AS (SELECT coalesce(max(leaf_index), -1) AS leaf FROM event_leaf),
      bound AS (
        SELECT CASE WHEN ${full} THEN 0 ELSE coalesce(
          (SELECT l.event_id FROM event_leaf l, last WHERE l.leaf_index = last.leaf - ${LOOK_BACK}), 0) END AS id
      ),
      due AS (
        SELECT e.id FROM event e, bound
        WHERE e.id > bound.id
          AND e.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
          AND NOT EXISTS (SELECT 1 FROM event_leaf l WHERE l.event_id = e.id)
        ORDER BY e.id LIMIT ${BATCH}
      )
      INSERT INTO event_leaf (leaf_index, event_id)
      SELECT last.leaf + row_number() OVER (ORDER BY due.id), due.id FROM due, last`;
  });
}
