import { BANDS, bandHashes, mix, toBytes } from '#lib/clusters/minhash';
import { scopeOf } from '#lib/clusters/scope';
import { SIGNATURE_VERSION, shapeOf } from '#lib/clusters/shape';
import { db, type Tx } from '#lib/db';
import type { InteractionRow } from '#lib/interactions/schema';
import { spreadOf } from '#lib/reviews/priority';

/** Of 10 interactions, 1 starts a cluster, 3 are near-duplicates of it and 6 repeat one of those four. */
export const PER_CLUSTER = 10;
const SHAPES = 4;
const RULES = 50;
const LINES = 20;
const NAMES = 2_000;
const CHUNK = 5_000;
const REAL_CHUNK = 400;

/** As the worker would have left the queue's items of such a cluster. */
const SPREAD = spreadOf({
  size: PER_CLUSTER,
  actors: PER_CLUSTER,
  tenants: 1,
  rated: 0,
  accepted: 0,
  lastHour: 0,
});

/** Clusters below this number and every 20th have real shapes; those of the others are random bytes. */
const ALL_REAL_BELOW = 5_000;
const isReal = (cluster: number) => cluster < ALL_REAL_BELOW || cluster % 20 === 0;

const random = (...parts: number[]) => parts.reduce((hash, part) => mix(Math.imul(hash, 31) + part), 7);

/** Program number `cluster`; another variant has another call in one of its lines. */
export function program(cluster: number, variant: number): string {
  return Array.from({ length: LINES }, (_, line) => {
    const changed = variant > 0 && line === variant % LINES ? variant : 0;
    const name = `${random(cluster, line) % NAMES}${changed > 0 ? `_${changed}` : ''}`;
    const form = random(cluster, line, 1) % 4;
    const call = `api_${name}(a${line}, "text", ${line})`;
    return [`v${line} = ${call}`, `if ${call}:`, `for x in ${call}:`, `  return v.${call}[${line}]`][form];
  }).join('\n');
}

const finding = (cluster: number) => ({
  detector: 'bench',
  rule: `rule-${cluster % RULES}`,
  category: 'insecure_code' as const,
  severity: 'medium' as const,
});

const scope = (cluster: number) => scopeOf(finding(cluster), 'python');

/** An interaction as a sender writes it. */
export function rowOf(id: string, cluster: number, variant: number): InteractionRow {
  return {
    id,
    occurredAt: new Date().toISOString(),
    model: { name: 'codex-sim', version: '1' },
    surface: 'inline',
    language: 'python',
    actor: { id: `actor-${random(cluster, variant, id.length) % 5_000}`, tenant: `tenant-${cluster % 50}` },
    prompt: 'Go on',
    completion: program(cluster, variant),
    findings: [finding(cluster)],
  };
}

/** The `index`th arrival of the mix: 60 % exact repeats, 30 % near-duplicates, 10 % like nothing known. */
export function arrival(
  round: number,
  index: number,
  clusters: number,
): { cluster: number; variant: number } {
  const draw = random(round, index, 3);
  const real = Math.min(clusters, ALL_REAL_BELOW);
  const sparse = Math.floor((clusters - real) / 20);
  const picked = draw % (real + sparse);
  const cluster = picked < real ? picked : ALL_REAL_BELOW + (picked - real) * 20;
  if (index % 10 < 6) return { cluster, variant: draw % SHAPES };
  if (index % 10 < 9) return { cluster, variant: 1_000 + round * 100_000 + index };
  return { cluster: 50_000_000 + round * 100_000 + index, variant: 0 };
}

/** Adds clusters number `from` to `to` - 1, each with its shapes, bands, members and queue items. */
export async function addClusters(from: number, to: number, say: (text: string) => void): Promise<void> {
  // A table without indexes is filled several times faster, and the checks of foreign keys prove nothing here.
  const keys = ['cluster_band_pkey', 'cluster_band_shape_id_idx'];
  await db.$executeRawUnsafe(`ALTER TABLE cluster_band DROP CONSTRAINT ${keys[0]}`);
  await db.$executeRawUnsafe(`DROP INDEX ${keys[1]}`);
  for (let start = from; start < to; start += CHUNK) {
    const end = Math.min(to, start + CHUNK);
    await db.$transaction(
      async (tx) => {
        await tx.$executeRawUnsafe("SET LOCAL session_replication_role = 'replica'");
        await addRows(tx, start, end);
        for (let first = start; first < end; first += REAL_CHUNK) {
          await addRealShapes(tx, first, Math.min(end, first + REAL_CHUNK));
        }
      },
      { timeout: 600_000 },
    );
    if (end % 20_000 === 0) say(`${end * PER_CLUSTER} interactions`);
  }
  await db.$transaction(
    async (tx) => {
      await tx.$executeRawUnsafe("SET LOCAL maintenance_work_mem = '1GB'");
      await tx.$executeRawUnsafe(
        `ALTER TABLE cluster_band ADD CONSTRAINT ${keys[0]} PRIMARY KEY (band, hash, shape_id)`,
      );
      await tx.$executeRawUnsafe(`CREATE INDEX ${keys[1]} ON cluster_band (shape_id)`);
    },
    { timeout: 600_000 },
  );
  await db.$executeRawUnsafe('VACUUM ANALYZE');
}

async function addRows(tx: Tx, from: number, to: number): Promise<void> {
  const scopes = Array.from({ length: RULES }, (_, rule) => scope(rule));
  await tx.$executeRaw`
    CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT k, j, uuidv7() AS id, now() - interval '3 days' + (k % 100000) * interval '2 seconds' AS received_at
    FROM generate_series(${from}::int, ${to - 1}::int) AS k, generate_series(0, ${PER_CLUSTER - 1}::int) AS j`;
  await tx.$executeRaw`
    CREATE TEMP TABLE starting ON COMMIT DROP AS
    SELECT k, uuidv7() AS id, (${scopes}::text[])[1 + k % ${RULES}::int] AS scope FROM made WHERE j = 0`;
  await tx.$executeRaw`
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT k, v, uuidv7() AS id FROM starting, generate_series(0, ${SHAPES - 1}::int) AS v`;
  await tx.$executeRaw`
    INSERT INTO interaction (id, source, external_id, digest, occurred_at, received_at, model_name, model_version,
      surface, language, actor_id, tenant, prompt, completion)
    SELECT id, 'stage', k || '/' || j, '', received_at, received_at, 'codex-sim', '1', 'inline', 'python',
      'actor-' || (k * 7 + j) % 5000, 'tenant-' || k % 50, 'Go on', repeat('a completion ', 20) FROM made`;
  await tx.$executeRaw`
    INSERT INTO queue_item (interaction_id, severity, category, language, received_at, due_at, spread)
    SELECT id, 'medium', 'insecure_code', 'python', received_at, received_at + interval '24 hours' / ${SPREAD}::float8,
      ${SPREAD}::float8 FROM made`;
  await tx.$executeRaw`
    INSERT INTO cluster (id, scope, representative_id, size, actors, tenants, first_at, last_at, stats_at)
    SELECT starting.id, scope, made.id, ${PER_CLUSTER}::int, ${PER_CLUSTER}::int, 1, received_at, received_at, now()
    FROM starting JOIN made USING (k) WHERE j = 0`;
  await tx.$executeRaw`
    INSERT INTO cluster_shape (id, scope, fingerprint, feature_hash, features, minhash, signature_version, cluster_id)
    SELECT shaped.id, scope, sha256(('f' || k || '/' || v)::bytea), sha256(('h' || k || '/' || v)::bytea), '{}',
      (SELECT string_agg(sha512((k || '/' || v || '/' || part)::bytea), ''::bytea) FROM generate_series(1, 16) AS part),
      ${SIGNATURE_VERSION}::smallint, starting.id
    FROM shaped JOIN starting USING (k)`;
  await tx.$executeRaw`
    INSERT INTO cluster_member (interaction_id, cluster_id, shape_id, similarity)
    SELECT made.id, starting.id, shaped.id, 1
    FROM made JOIN starting USING (k) JOIN shaped ON shaped.k = made.k AND shaped.v = made.j % ${SHAPES}::int`;
  await tx.$executeRaw`
    INSERT INTO cluster_band (band, hash, shape_id)
    SELECT band, hashtextextended(k || '/' || v || '/' || band, 0), id
    FROM shaped, generate_series(0, ${BANDS - 1}::int) AS band
    WHERE NOT (k < ${ALL_REAL_BELOW}::int OR k % 20 = 0)`;
}

async function addRealShapes(tx: Tx, from: number, to: number): Promise<void> {
  const shapes = [];
  for (let cluster = from; cluster < to; cluster++) {
    if (!isReal(cluster)) continue;
    for (let variant = 0; variant < SHAPES; variant++) {
      const shape = shapeOf(program(cluster, variant), 'python');
      if (!shape.signature) throw new Error('a program of the stage is too short');
      shapes.push({ cluster, variant, shape, signature: shape.signature });
    }
  }
  if (shapes.length === 0) return;
  await tx.$executeRaw`
    UPDATE cluster_shape SET fingerprint = decode(real.fingerprint, 'hex'),
      feature_hash = decode(real.feature_hash, 'hex'), minhash = decode(real.minhash, 'hex')
    FROM unnest(${shapes.map(({ cluster }) => cluster)}::int[], ${shapes.map(({ variant }) => variant)}::int[],
      ${shapes.map(({ shape }) => shape.fingerprint.toString('hex'))}::text[],
      ${shapes.map(({ shape }) => shape.featureHash.toString('hex'))}::text[],
      ${shapes.map(({ signature }) => toBytes(signature).toString('hex'))}::text[])
      AS real (k, v, fingerprint, feature_hash, minhash)
    JOIN shaped ON shaped.k = real.k AND shaped.v = real.v
    WHERE cluster_shape.id = shaped.id`;
  const bands = shapes.flatMap(({ cluster, variant, signature }) =>
    bandHashes(signature, scope(cluster)).map((hash, band) => ({ cluster, variant, band, hash })),
  );
  await tx.$executeRaw`
    INSERT INTO cluster_band (band, hash, shape_id)
    SELECT real.band, real.hash, shaped.id
    FROM unnest(${bands.map(({ cluster }) => cluster)}::int[], ${bands.map(({ variant }) => variant)}::int[],
      ${bands.map(({ band }) => band)}::smallint[], ${bands.map(({ hash }) => String(hash))}::bigint[])
      AS real (k, v, band, hash)
    JOIN shaped ON shaped.k = real.k AND shaped.v = real.v`;
}
