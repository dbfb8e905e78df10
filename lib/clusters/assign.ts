import type { Tx } from '#lib/db';
import { newId } from '#lib/ids';
import type { Arrival } from './arrivals.ts';
import {
  BUCKET_LIMIT,
  BUCKET_PER_CLUSTER,
  bucketKey,
  findExact,
  findNeighbours,
  findTwins,
  type KnownShape,
  keyOf,
  mostShared,
  type Neighbourhood,
  type Twin,
  twinKey,
} from './lookup.ts';
import { bandHashes, similarity } from './minhash.ts';
import {
  insertClusters,
  insertMembers,
  insertShapes,
  type NewCluster,
  type NewMember,
  type NewShape,
} from './write.ts';

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
  const plan = new Plan(
    threshold,
    exact,
    await findTwins(
      tx,
      unknown.filter(({ shape }) => !shape.signature),
    ),
    await findNeighbours(tx, unknown),
  );
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

/** Decides in memory; a later arrival of the batch sees what an earlier one added. */
class Plan {
  readonly members: NewMember[] = [];
  readonly shapes: NewShape[] = [];
  readonly clusters: NewCluster[] = [];
  readonly #threshold: number;
  readonly #exact: Map<string, KnownShape>;
  readonly #twins: Map<string, Twin[]>;
  readonly #near: Neighbourhood;

  constructor(
    threshold: number,
    exact: Map<string, KnownShape>,
    twins: Map<string, Twin[]>,
    near: Neighbourhood,
  ) {
    this.#threshold = threshold;
    this.#exact = exact;
    this.#twins = twins;
    this.#near = near;
  }

  place(arrival: Arrival): void {
    const known = this.#exact.get(keyOf(arrival));
    const { shapeId, clusterId, closeness } = known ? { ...known, closeness: 1 } : this.#add(arrival);
    const { interactionId, receivedAt } = arrival;
    this.members.push({ interactionId, receivedAt, shapeId, clusterId, similarity: closeness });
  }

  #add(arrival: Arrival): KnownShape & { closeness: number } {
    const closest = arrival.shape.signature ? this.#closest(arrival) : this.#twin(arrival);
    const shapeId = newId();
    const clusterId = closest?.clusterId ?? this.#open(arrival);
    const known = { shapeId, clusterId };
    this.shapes.push({ id: shapeId, clusterId, arrival, bands: this.#remember(arrival, known) });
    this.#exact.set(keyOf(arrival), known);
    return { ...known, closeness: closest?.closeness ?? 1 };
  }

  #open({ interactionId, scope, receivedAt }: Arrival): string {
    const id = newId();
    this.clusters.push({ id, scope, representativeId: interactionId, receivedAt });
    return id;
  }

  #closest({ scope, shape }: Arrival): { clusterId: string; closeness: number } | undefined {
    let best: { clusterId: string; closeness: number } | undefined;
    const { signature } = shape;
    if (!signature) return best;
    for (const known of mostShared(bandHashes(signature, scope), this.#near.buckets)) {
      const other = this.#near.signatures.get(known.shapeId);
      const closeness = other ? similarity(signature, other) : 0;
      if (closeness >= this.#threshold && closeness > (best?.closeness ?? 0)) {
        best = { clusterId: known.clusterId, closeness };
      }
    }
    return best;
  }

  /** Short: the same tokens that call, import and contact the same; only numbers may differ. */
  #twin(arrival: Arrival): { clusterId: string; closeness: number } | undefined {
    const telling = tellingOf(arrival.shape.features);
    const twins = this.#twins.get(twinKey(arrival)) ?? [];
    const twin = twins.find(({ features }) => tellingOf(features) === telling);
    return twin && { clusterId: twin.clusterId, closeness: 1 };
  }

  // A bucket takes few shapes of one cluster: ten thousand variants of one idiom make no lookup slower.
  #remember(arrival: Arrival, known: KnownShape): { band: number; hash: bigint }[] {
    const { signature, features } = arrival.shape;
    if (!signature) {
      const key = twinKey(arrival);
      this.#twins.set(key, [...(this.#twins.get(key) ?? []), { ...known, features }]);
      return [];
    }
    this.#near.signatures.set(known.shapeId, signature);
    return bandHashes(signature, arrival.scope).flatMap((hash, band) => {
      const bucket = this.#near.buckets.get(bucketKey(band, hash)) ?? [];
      const own = bucket.filter(({ clusterId }) => clusterId === known.clusterId).length;
      if (own >= BUCKET_PER_CLUSTER || bucket.length >= BUCKET_LIMIT) return [];
      bucket.push(known);
      this.#near.buckets.set(bucketKey(band, hash), bucket);
      return [{ band, hash }];
    });
  }
}

function tellingOf(features: readonly string[]): string {
  return features.filter((feature) => !feature.startsWith('number:')).join('\u0001');
}
