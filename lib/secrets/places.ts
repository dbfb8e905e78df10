import type pg from 'pg';
import { type Marked, secretsIn } from './marked.ts';
import type { SecretField, SecretSpan } from './schema.ts';

// `secretsOf` on a plain connection, for work that reads everything in one snapshot.

/** Ids of interactions of which something is masked, or of which the worker has not said yet whether. */
export async function coveredIds(client: pg.ClientBase): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<[string]>({
    text: 'SELECT interaction_id FROM secret UNION SELECT interaction_id FROM analysis_task',
    rowMode: 'array',
  });
  return new Set(rows.map(([id]) => id));
}

type Waiting = Marked & { id: string };

/** The masked places of interactions: what the worker found, or for those it has not come to, what a scan finds now. */
export async function placesOf(
  client: pg.ClientBase,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SecretSpan[]>> {
  const found = new Map<string, SecretSpan[]>(ids.map((id) => [id, []]));
  const { rows: kept } = await client.query<SecretSpan & { id: string }>(
    `SELECT interaction_id AS id, field, start, "end", rule FROM secret WHERE interaction_id = ANY($1::uuid[])`,
    [ids],
  );
  for (const { id, field, start, end, rule } of kept)
    found.get(id)?.push({ field: field as SecretField, start, end, rule });
  const { rows: waiting } = await client.query<Waiting>(
    `SELECT id, prompt, before, completion,
       (SELECT coalesce(json_agg(json_build_object('category', category, 'start', start, 'end', "end")), '[]'::json)
        FROM finding WHERE interaction_id = id AND category = 'secret') AS findings
     FROM interaction
     WHERE id = ANY($1::uuid[]) AND id IN (SELECT interaction_id FROM analysis_task)`,
    [ids],
  );
  for (const row of waiting) found.set(row.id, await secretsIn(row));
  return found;
}
