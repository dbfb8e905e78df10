import { newId } from '#lib/ids';
import type { Arrival } from './arrivals.ts';
import {
  BUCKET_LIMIT,
  bucketKey,
  EXEMPLARS,
  type KnownShape,
  keyOf,
  mostShared,
  type Neighbourhood,
  type Twin,
  twinKey,
} from './lookup.ts';
import { bandHashes, likeness } from './minhash.ts';
import type { NewCluster, NewMember, NewShape } from './write.ts';

/** What is stored already and may be like the arrivals. */
export type Known = { exact: Map<string, KnownShape>; twins: Map<string, Twin[]>; near: Neighbourhood };

const NOTHING = (): Known => ({
  exact: new Map(),
  twins: new Map(),
  near: { buckets: new Map(), exemplars: new Map() },
});

/** Where arrivals go, decided in memory; a later arrival sees what an earlier one added. */
export class Plan {
  readonly members: NewMember[] = [];
  readonly shapes: NewShape[] = [];
  readonly clusters: NewCluster[] = [];
  readonly #threshold: number;
  readonly #exact: Map<string, KnownShape>;
  readonly #twins: Map<string, Twin[]>;
  readonly #near: Neighbourhood;

  constructor(threshold: number, { exact, twins, near }: Known = NOTHING()) {
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
    for (const clusterId of mostShared(bandHashes(signature, scope), this.#near.buckets)) {
      const closeness = likeness(signature, this.#near.exemplars.get(clusterId) ?? []);
      if (closeness >= this.#threshold && closeness > (best?.closeness ?? 0)) best = { clusterId, closeness };
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

  #remember(arrival: Arrival, known: KnownShape): { band: number; hash: bigint }[] {
    const { signature, features } = arrival.shape;
    if (!signature) {
      const key = twinKey(arrival);
      this.#twins.set(key, [...(this.#twins.get(key) ?? []), { ...known, features }]);
      return [];
    }
    const exemplars = this.#near.exemplars.get(known.clusterId) ?? [];
    if (exemplars.length >= EXEMPLARS) return [];
    this.#near.exemplars.set(known.clusterId, [...exemplars, signature]);
    return bandHashes(signature, arrival.scope).flatMap((hash, band) => {
      const bucket = this.#near.buckets.get(bucketKey(band, hash)) ?? [];
      if (bucket.length >= BUCKET_LIMIT) return [];
      this.#near.buckets.set(bucketKey(band, hash), [...bucket, known.clusterId]);
      return [{ band, hash }];
    });
  }
}

function tellingOf(features: readonly string[]): string {
  return features.filter((feature) => !feature.startsWith('number:')).join('\u0001');
}
