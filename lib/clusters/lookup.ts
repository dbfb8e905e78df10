import { Prisma, type Tx } from '#lib/db';
import type { Arrival } from './arrivals.ts';
import { bandHashes, fromBytes } from './minhash.ts';
import { SIGNATURE_VERSION } from './shape.ts';

/** A cluster is known by its first few shapes: ten thousand variants of one idiom make no lookup slower. */
export const EXEMPLARS = 4;
/** Shapes that one bucket holds and answers with at most. */
export const BUCKET_LIMIT = 32;

/** Short shapes with one fingerprint that are looked at: they differ in features only. */
const TWINS_LIMIT = 64;
/** What is looked at for one text at most, what shares most bands first. */
const CANDIDATES_LIMIT = 32;

export type KnownShape = { shapeId: string; clusterId: string };

/** The identity of a shape inside its scope. */
export function keyOf({ scope, shape }: Arrival): string {
  return `${shape.fingerprint.toString('hex')}${shape.featureHash.toString('hex')}${scope}`;
}

// LATERAL with a LIMIT keeps every lookup below an index probe, also on tables that were never analysed.

/** Shapes that are stored already, by key. */
export async function findExact(tx: Tx, arrivals: Arrival[]): Promise<Map<string, KnownShape>> {
  const rows = await tx.$queryRaw<(KnownShape & { place: number })[]>`
    SELECT (asked.place - 1)::int AS place, known.id AS "shapeId", known.cluster_id AS "clusterId"
    FROM unnest(${arrivals.map(({ scope }) => scope)}::text[], ${arrivals.map(hexFingerprint)}::text[],
      ${arrivals.map(({ shape }) => shape.featureHash.toString('hex'))}::text[])
      WITH ORDINALITY AS asked (scope, fingerprint, feature_hash, place)
    CROSS JOIN LATERAL (
      SELECT id, cluster_id FROM cluster_shape
      WHERE scope = asked.scope AND fingerprint = decode(asked.fingerprint, 'hex')
        AND feature_hash = decode(asked.feature_hash, 'hex')
      LIMIT 1) known`;
  return new Map(
    rows.flatMap(({ place, shapeId, clusterId }) => {
      const arrival = arrivals[place];
      return arrival ? [[keyOf(arrival), { shapeId, clusterId }] as const] : [];
    }),
  );
}

export type Twin = KnownShape & { features: string[] };

/** Shapes of the same normalised text that name other things, by scope and fingerprint. */
export async function findTwins(tx: Tx, arrivals: Arrival[]): Promise<Map<string, Twin[]>> {
  const twins = new Map<string, Twin[]>();
  if (arrivals.length === 0) return twins;
  const rows = await tx.$queryRaw<(Twin & { place: number })[]>`
    SELECT (asked.place - 1)::int AS place, known.id AS "shapeId", known.cluster_id AS "clusterId", known.features
    FROM unnest(${arrivals.map(({ scope }) => scope)}::text[], ${arrivals.map(hexFingerprint)}::text[])
      WITH ORDINALITY AS asked (scope, fingerprint, place)
    CROSS JOIN LATERAL (
      SELECT id, cluster_id, features FROM cluster_shape
      WHERE scope = asked.scope AND fingerprint = decode(asked.fingerprint, 'hex')
      LIMIT ${TWINS_LIMIT}) known`;
  for (const { place, ...twin } of rows) {
    const arrival = arrivals[place];
    if (arrival) twins.set(twinKey(arrival), [...(twins.get(twinKey(arrival)) ?? []), twin]);
  }
  return twins;
}

export function twinKey({ scope, shape }: Arrival): string {
  return `${shape.fingerprint.toString('hex')}${scope}`;
}

function hexFingerprint({ shape }: Arrival): string {
  return shape.fingerprint.toString('hex');
}

/** The clusters in the buckets of the given arrivals, by `bucketKey`, and the signatures of their exemplars. */
export type Neighbourhood = {
  buckets: Map<string, string[]>;
  exemplars: Map<string, Uint32Array[]>;
};

export function bucketKey(band: number, hash: bigint): string {
  return `${band}:${hash}`;
}

export async function findNeighbours(tx: Tx, arrivals: Arrival[]): Promise<Neighbourhood> {
  const buckets = new Map<string, string[]>();
  const asked: { band: number; hash: bigint; scope: string }[] = [];
  const bandsOf = arrivals.map(({ scope, shape }) =>
    shape.signature ? bandHashes(shape.signature, scope) : [],
  );
  for (const [index, hashes] of bandsOf.entries()) {
    for (const [band, hash] of hashes.entries()) {
      const key = bucketKey(band, hash);
      if (buckets.has(key)) continue;
      buckets.set(key, []);
      asked.push({ band, hash, scope: arrivals[index]?.scope ?? '' });
    }
  }
  if (asked.length === 0) return { buckets, exemplars: new Map() };
  const rows = await tx.$queryRaw<{ place: number; clusterId: string }[]>`
    SELECT (asked.place - 1)::int AS place, known.cluster_id AS "clusterId"
    FROM unnest(${asked.map(({ band }) => band)}::smallint[], ${asked.map(({ hash }) => String(hash))}::bigint[],
      ${asked.map(({ scope }) => scope)}::text[]) WITH ORDINALITY AS asked (band, hash, scope, place)
    CROSS JOIN LATERAL (
      SELECT shape.cluster_id FROM cluster_band entry
      CROSS JOIN LATERAL (
        SELECT cluster_id FROM cluster_shape WHERE id = entry.shape_id AND scope = asked.scope LIMIT 1) shape
      WHERE entry.band = asked.band AND entry.hash = asked.hash
      LIMIT ${BUCKET_LIMIT}) known`;
  for (const { place, clusterId } of rows) {
    const bucket = asked[place];
    if (bucket) buckets.get(bucketKey(bucket.band, bucket.hash))?.push(clusterId);
  }
  const wanted = new Set(bandsOf.flatMap((hashes) => mostShared(hashes, buckets)));
  return { buckets, exemplars: await readExemplars(tx, [...wanted]) };
}

/** What is in most buckets of these hashes, most first: ids of whatever the buckets hold. */
export function mostShared(hashes: readonly bigint[], buckets: ReadonlyMap<string, string[]>): string[] {
  const shared = new Map<string, number>();
  for (const [band, hash] of hashes.entries()) {
    for (const id of buckets.get(bucketKey(band, hash)) ?? []) shared.set(id, (shared.get(id) ?? 0) + 1);
  }
  return [...shared]
    .sort(([, one], [, other]) => other - one)
    .slice(0, CANDIDATES_LIMIT)
    .map(([id]) => id);
}

/** The first few shapes of a cluster that can be compared, by an expression that names the cluster. */
export function exemplarsOf(cluster: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    SELECT id, scope, minhash FROM cluster_shape
    WHERE cluster_id = ${cluster} AND minhash IS NOT NULL AND signature_version = ${SIGNATURE_VERSION}
    ORDER BY id LIMIT ${EXEMPLARS}`;
}

async function readExemplars(tx: Tx, clusterIds: string[]): Promise<Map<string, Uint32Array[]>> {
  if (clusterIds.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ clusterId: string; minhash: Uint8Array }[]>`
    SELECT wanted.id AS "clusterId", shape.minhash FROM unnest(${clusterIds}::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (${exemplarsOf(Prisma.sql`wanted.id`)}) shape`;
  const byCluster = Map.groupBy(rows, ({ clusterId }) => clusterId);
  return new Map([...byCluster].map(([id, shapes]) => [id, shapes.map(({ minhash }) => fromBytes(minhash))]));
}

export async function readSignatures(tx: Tx, shapeIds: string[]): Promise<Map<string, Uint32Array>> {
  if (shapeIds.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ id: string; minhash: Uint8Array }[]>`
    SELECT shape.id, shape.minhash FROM unnest(${shapeIds}::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
      SELECT id, minhash FROM cluster_shape
      WHERE id = wanted.id AND minhash IS NOT NULL AND signature_version = ${SIGNATURE_VERSION} LIMIT 1) shape`;
  return new Map(rows.map(({ id, minhash }) => [id, fromBytes(minhash)]));
}
