import type { Tx } from '#lib/db';
import type { Arrival } from './arrivals.ts';
import { findExact, findNeighbours, findTwins, keyOf } from './lookup.ts';
import { Plan } from './plan.ts';
import { insertClusters, insertMembers, insertShapes, type NewMember } from './write.ts';

type Assigned = {
  /** One per arrival, in the order given. */
  members: NewMember[];
  shapes: number;
  newClusters: string[];
  /** Every cluster that grew. */
  clusterIds: string[];
};

/** What joins one scope's clusters at once holds this lock; the number only keeps it apart from other locks. */
const SCOPE_LOCK = 5_709_110;

/**
 * Puts flagged interactions into clusters: an exact repeat (fingerprint and features) is one more member of its shape;
 * a near-duplicate (estimated Jaccard ≥ `threshold`) is a new shape of the cluster of the shape it is closest to; the
 * rest start clusters. Reads a bounded number of rows per arrival, however many are clustered already. Concurrent
 * callers wait for each other only where one of them adds a shape to the same scope. No arrival may be a member yet.
 */
export async function assignClusters(tx: Tx, arrivals: Arrival[], threshold: number): Promise<Assigned> {
  if (arrivals.length === 0) return { members: [], shapes: 0, newClusters: [], clusterIds: [] };
  await lockScopes(tx, arrivals);
  const exact = await findExact(tx, arrivals);
  const unknown = firstOfEach(arrivals.filter((arrival) => !exact.has(keyOf(arrival))));
  const short = unknown.filter(({ shape }) => !shape.signature);
  const twins = await findTwins(tx, short);
  const plan = new Plan(threshold, { exact, twins, near: await findNeighbours(tx, unknown) });
  for (const arrival of arrivals) plan.place(arrival);

  await insertClusters(tx, plan.clusters);
  await insertShapes(tx, plan.shapes);
  await insertMembers(tx, plan.members);
  return {
    members: plan.members,
    shapes: plan.shapes.length,
    newClusters: plan.clusters.map(({ id }) => id),
    clusterIds: [...new Set(plan.members.map(({ clusterId }) => clusterId))].sort(),
  };
}

/** Makes a split and those that assign to the same scope wait for each other. */
export async function lockScope(tx: Tx, scope: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(${SCOPE_LOCK}::int, hashtext(${scope}))) taken`;
}

// Sorted by the lock's own number, so that nobody waits in a circle. Exact repeats share the lock: they add nothing
// that another could miss. A shape is never deleted, so what is known before the lock is known after it.
async function lockScopes(tx: Tx, arrivals: Arrival[]): Promise<void> {
  const known = await findExact(tx, arrivals);
  const alone = new Set(arrivals.filter((arrival) => !known.has(keyOf(arrival))).map(({ scope }) => scope));
  const scopes = [...new Set(arrivals.map(({ scope }) => scope))];
  await tx.$queryRaw`
    SELECT CASE WHEN alone THEN pg_advisory_xact_lock(${SCOPE_LOCK}::int, number)
      ELSE pg_advisory_xact_lock_shared(${SCOPE_LOCK}::int, number) END IS NULL AS taken
    FROM (
      SELECT hashtext(scope) AS number, bool_or(alone) AS alone
      FROM unnest(${scopes}::text[], ${scopes.map((scope) => alone.has(scope))}::boolean[]) AS given (scope, alone)
      GROUP BY 1 ORDER BY 1) sorted`;
}

function firstOfEach(arrivals: Arrival[]): Arrival[] {
  return [...new Map(arrivals.map((arrival) => [keyOf(arrival), arrival])).values()];
}
