import { Prisma, type Tx } from '#lib/db';
import type { Arrival } from './arrivals.ts';
import { exemplarsOf } from './lookup.ts';
import { bandHashes, fromBytes, toBytes } from './minhash.ts';
import { SIGNATURE_VERSION } from './shape.ts';

export type NewCluster = { id: string; scope: string; representativeId: string; receivedAt: Date };
export type NewShape = {
  id: string;
  clusterId: string;
  arrival: Arrival;
  bands: { band: number; hash: bigint }[];
};
export type NewMember = {
  interactionId: string;
  shapeId: string;
  clusterId: string;
  similarity: number;
  receivedAt: Date;
};

export async function insertClusters(tx: Tx, clusters: NewCluster[]): Promise<void> {
  if (clusters.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO cluster (id, scope, representative_id, first_at, last_at)
    SELECT id::uuid, scope, representative_id::uuid, at::timestamptz, at::timestamptz
    FROM unnest(${clusters.map(({ id }) => id)}::text[], ${clusters.map(({ scope }) => scope)}::text[],
      ${clusters.map(({ representativeId }) => representativeId)}::text[],
      ${clusters.map(({ receivedAt }) => receivedAt.toISOString())}::text[]) AS row (id, scope, representative_id, at)`;
}

export async function insertShapes(tx: Tx, shapes: NewShape[]): Promise<void> {
  if (shapes.length === 0) return;
  const hex = (bytes: Buffer | null) => bytes?.toString('hex') ?? null;
  await tx.$executeRaw`
    INSERT INTO cluster_shape (id, scope, fingerprint, feature_hash, features, minhash, signature_version, cluster_id)
    SELECT id::uuid, scope, decode(fingerprint, 'hex'), decode(feature_hash, 'hex'),
      ARRAY(SELECT jsonb_array_elements_text(features::jsonb)), decode(minhash, 'hex'), ${SIGNATURE_VERSION}::smallint,
      cluster_id::uuid
    FROM unnest(${shapes.map(({ id }) => id)}::text[], ${shapes.map(({ arrival }) => arrival.scope)}::text[],
      ${shapes.map(({ arrival }) => hex(arrival.shape.fingerprint))}::text[],
      ${shapes.map(({ arrival }) => hex(arrival.shape.featureHash))}::text[],
      ${shapes.map(({ arrival }) => JSON.stringify(arrival.shape.features))}::text[],
      ${shapes.map(({ arrival }) => hex(arrival.shape.signature && toBytes(arrival.shape.signature)))}::text[],
      ${shapes.map(({ clusterId }) => clusterId)}::text[])
      AS row (id, scope, fingerprint, feature_hash, features, minhash, cluster_id)`;
  await insertBands(
    tx,
    shapes.flatMap(({ id, bands }) => bands.map((band) => ({ id, ...band }))),
  );
}

async function insertBands(tx: Tx, bands: { id: string; band: number; hash: bigint }[]): Promise<void> {
  if (bands.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO cluster_band (band, hash, shape_id)
    SELECT band, hash, shape_id::uuid
    FROM unnest(${bands.map(({ band }) => band)}::smallint[], ${bands.map(({ hash }) => String(hash))}::bigint[],
      ${bands.map(({ id }) => id)}::text[]) AS row (band, hash, shape_id)
    ON CONFLICT DO NOTHING`;
}

/** Puts the exemplars of clusters into the index, for clusters whose shapes are not what they were. */
export async function indexExemplars(tx: Tx, clusterIds: string[]): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string; scope: string; minhash: Uint8Array }[]>`
    SELECT shape.id, shape.scope, shape.minhash FROM unnest(${clusterIds}::uuid[]) AS given (id)
    CROSS JOIN LATERAL (${exemplarsOf(Prisma.sql`given.id`)}) shape`;
  const bands = rows.flatMap(({ id, scope, minhash }) =>
    bandHashes(fromBytes(minhash), scope).map((hash, band) => ({ id, band, hash })),
  );
  await insertBands(tx, bands);
}

/** Members, and what of their clusters can be counted without reading them: size, first and last. */
export async function insertMembers(tx: Tx, members: NewMember[]): Promise<void> {
  const clusterIds = [...new Set(members.map(({ clusterId }) => clusterId))];
  await lockClusters(tx, clusterIds);
  await tx.$executeRaw`
    WITH joined AS (
      INSERT INTO cluster_member (interaction_id, cluster_id, shape_id, similarity)
      SELECT interaction_id::uuid, cluster_id::uuid, shape_id::uuid, similarity
      FROM unnest(${members.map(({ interactionId }) => interactionId)}::text[],
        ${members.map(({ clusterId }) => clusterId)}::text[], ${members.map(({ shapeId }) => shapeId)}::text[],
        ${members.map(({ similarity }) => similarity)}::real[])
        AS row (interaction_id, cluster_id, shape_id, similarity)
      RETURNING interaction_id, cluster_id
    ), grown AS (
      SELECT joined.cluster_id, count(*)::int AS members, min(at) AS first_at, max(at) AS last_at
      FROM joined JOIN unnest(${members.map(({ interactionId }) => interactionId)}::uuid[],
        ${members.map(({ receivedAt }) => receivedAt.toISOString())}::timestamptz[]) AS received (interaction_id, at)
        USING (interaction_id)
      GROUP BY 1
    )
    UPDATE cluster SET size = size + grown.members, first_at = least(cluster.first_at, grown.first_at),
      last_at = greatest(cluster.last_at, grown.last_at), stats_at = NULL
    FROM grown WHERE cluster.id = grown.cluster_id`;
}

/** Always by id, so that nobody waits in a circle; keys of members may still be checked meanwhile. */
async function lockClusters(tx: Tx, clusterIds: string[]): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 FROM cluster WHERE id = ANY(${clusterIds}::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
}
