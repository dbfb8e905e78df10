import pg from 'pg';
import { newId } from '#lib/ids';
import { hasRealData, realRows } from '#tests/real-data';
import { program } from './clusters-stage.ts';

/** What one interaction in `NEEDLE_EVERY` says, besides its code. */
export const NEEDLE = 'fetch_payload(31337)';
const NEEDLE_EVERY = 5_000;
const TEXT = 2_048;
const CHUNK = 2_000;

/** A text of 2 KB that no other row has: pieces of real answers where there are some, else made up. */
function textMaker(): (row: number) => string {
  const corpus = hasRealData
    ? realRows()
        .map(({ completion, prompt }) => completion || prompt)
        .join('\n')
    : Array.from({ length: 4_000 }, (_, cluster) => program(cluster, 0)).join('\n');
  return (row) => {
    const half = (TEXT - 64) / 2;
    const place = (salt: number) => (Math.imul(row + salt, 2_654_435_761) >>> 0) % (corpus.length - half);
    const [one, two] = [place(1), place(77)];
    const needle = row % NEEDLE_EVERY === 17 ? `\n${NEEDLE}\n` : '\n';
    // Half a surrogate pair cannot be stored, nor can NUL.
    return `# ${row}\n${corpus.slice(one, one + half)}${needle}${corpus.slice(two, two + half)}`
      .toWellFormed()
      .replaceAll('\0', ' ');
  };
}

export type Staged = { incidentId: string; clusterId: string };

/** Adds rows number `from` to `to` - 1: a fifth of the control sample, one in twenty reviewed. */
export async function addTexts(
  url: string,
  from: number,
  to: number,
  say: (text: string) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const textOf = textMaker();
  const { rows } = await client.query<{ id: string }>('SELECT id FROM app_user LIMIT 1');
  const reviewer = rows[0]?.id ?? newId();
  if (rows.length === 0) {
    await client.query(
      "INSERT INTO app_user (id, email, name, role) VALUES ($1, 'r@example.test', 'R', 'reviewer')",
      [reviewer],
    );
  }
  for (let start = from; start < to; start += CHUNK) {
    const numbers = Array.from({ length: Math.min(CHUNK, to - start) }, (_, index) => start + index);
    const ids = numbers.map(() => newId());
    await client.query(
      `INSERT INTO interaction (id, source, external_id, digest, occurred_at, model_name, model_version, surface,
         language, actor_id, tenant, prompt, completion, control)
       SELECT id, 'bench', n::text, '', now(), 'codex-sim', '1', 'inline', (ARRAY['python', 'go', 'typescript'])[1 + n % 3],
         'actor', 'tenant-' || n % 50, 'Go on', completion, n % 5 = 0
       FROM unnest($1::uuid[], $2::int[], $3::text[]) AS made (id, n, completion)`,
      [ids, numbers, numbers.map(textOf)],
    );
    const reviewed = ids.filter((_, index) => index % 20 === 3);
    await client.query(
      `INSERT INTO review (id, interaction_id, reviewer_id, verdict, time_spent_ms)
       SELECT id, interaction_id, $3, CASE WHEN place % 2 = 0 THEN 'harmful' ELSE 'benign' END, 1000
       FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS made (id, interaction_id, place)`,
      [reviewed.map(() => newId()), reviewed, reviewer],
    );
    if ((start + CHUNK) % 50_000 === 0) say(`${start + CHUNK} interactions of 2 KB`);
  }
  await client.query('VACUUM ANALYZE interaction');
  await client.end();
}

/** An incident and a cluster around those that hold the needle. */
export async function addContext(url: string): Promise<Staged> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const [incidentId, clusterId, shapeId] = [newId(), newId(), newId()];
  const needles = `SELECT id FROM interaction WHERE external_id::int % ${NEEDLE_EVERY} = 17 ORDER BY id LIMIT 20`;
  await client.query("INSERT INTO incident (id, title, severity) VALUES ($1, 'T', 'sev2')", [incidentId]);
  await client.query(
    `INSERT INTO incident_interaction (incident_id, interaction_id) SELECT $1, id FROM (${needles}) found LIMIT 5`,
    [incidentId],
  );
  await client.query(
    `INSERT INTO cluster (id, scope, representative_id, first_at, last_at) SELECT $1, 's', id, now(), now()
     FROM (${needles}) found LIMIT 1`,
    [clusterId],
  );
  await client.query(
    "INSERT INTO cluster_shape (id, scope, fingerprint, feature_hash, features, cluster_id) VALUES ($1, 's', '', '', '{}', $2)",
    [shapeId, clusterId],
  );
  await client.query(
    `INSERT INTO cluster_member (interaction_id, cluster_id, shape_id, similarity) SELECT id, $1, $2, 1
     FROM (${needles}) found`,
    [clusterId, shapeId],
  );
  await client.end();
  return { incidentId, clusterId };
}
