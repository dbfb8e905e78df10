import type pg from 'pg';
import { visitGrams } from './grams.ts';
import { SEGMENT_DOCUMENTS, SegmentBuilder } from './segment.ts';
import { eachRow, openSession } from './session.ts';

/** What the trigger of erasures takes shared: they wait while a segment is built, and it waits for them. */
const BUILD_LOCK = '5709110420';
/** Texts read with one query; it bounds what is read in vain when a segment is full of long ones. */
const READ = 256;

type Built = { documents: number };

/**
 * Puts the next interactions that are not in the index into one new segment, at most 8,192; answers how many, 0 when
 * none is left or fewer than `least` are. Any number of processes may call it: one builds at a time. What is cut off
 * was not done.
 */
export function indexNext(least = 1): Promise<Built> {
  return building(async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `SELECT i.id FROM interaction i
       WHERE NOT EXISTS (SELECT 1 FROM search_document d WHERE d.interaction_id = i.id)
       ORDER BY i.id LIMIT ${SEGMENT_DOCUMENTS}`,
    );
    if (rows.length < least || rows.length === 0) return { documents: 0 };
    const { ids, pages } = await take(
      client,
      rows.map(({ id }) => id),
    );
    const inserted = await client.query<{ id: number }>(
      'INSERT INTO search_segment (ids) VALUES ($1) RETURNING id',
      [packIds(ids)],
    );
    const segment = inserted.rows[0]?.id ?? 0;
    await writePages(client, segment, pages);
    await client.query(
      `INSERT INTO search_document (interaction_id, segment_id, received_at, source, model_name, model_version, surface,
         language, tier, tenant, actor_id, outcome, control, erased)
       SELECT id, $1, received_at, source, model_name, model_version, surface, language, tier, tenant, actor_id, outcome,
         control, erased_at IS NOT NULL
       FROM interaction WHERE id = ANY($2::uuid[])`,
      [segment, ids],
    );
    return { documents: ids.length };
  });
}

/** Builds one segment anew without the pieces of what was erased since; answers whether there was one. */
export function forgetErased(): Promise<boolean> {
  return building(async (client) => {
    const { rows } = await client.query<{ segment: number; ids: Buffer }>(
      `SELECT s.id AS segment, s.ids FROM search_segment s
       WHERE s.id = (SELECT segment_id FROM search_erasure ORDER BY segment_id LIMIT 1)`,
    );
    const [stale] = rows;
    if (!stale) return false;
    const { segment } = stale;
    const ids = unpackIds(stale.ids);
    // The same documents in the same places: who holds the old numbers finds the new pieces under them.
    const { pages } = await take(client, ids, { whole: true });
    await client.query('DELETE FROM search_page WHERE segment_id = $1', [segment]);
    await writePages(client, segment, pages);
    await client.query('DELETE FROM search_erasure WHERE segment_id = $1', [segment]);
    return true;
  });
}

async function building<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openSession();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT pg_advisory_xact_lock(${BUILD_LOCK})`);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The pieces of these interactions in this order; stops where a segment is full unless it is the `whole` of one. */
async function take(client: pg.Client, wanted: string[], { whole = false } = {}) {
  const builder = new SegmentBuilder();
  const ids: string[] = [];
  for (let from = 0; from < wanted.length && (whole || !builder.isFull); from += READ) {
    const asked = wanted.slice(from, from + READ);
    await eachRow<[string, string, string]>(
      client,
      `SELECT w.id, coalesce(i.prompt, ''), coalesce(i.completion, '')
       FROM unnest($1::uuid[]) WITH ORDINALITY AS w (id, place) LEFT JOIN interaction i ON i.id = w.id ORDER BY place`,
      [asked],
      ([id, prompt, completion]) => {
        ids.push(id);
        builder.add((visit) => {
          visitGrams(prompt, visit);
          visitGrams(completion, visit);
        });
      },
    );
  }
  return { ids, pages: builder.pages() };
}

async function writePages(client: pg.Client, segment: number, pages: { page: number; body: Buffer }[]) {
  await client.query(
    `INSERT INTO search_page (page, segment_id, body)
     SELECT page, $1, body FROM unnest($2::smallint[], $3::bytea[]) AS made (page, body)`,
    [segment, pages.map(({ page }) => page), pages.map(({ body }) => body)],
  );
}

function packIds(ids: readonly string[]): Buffer {
  return Buffer.from(ids.map((id) => id.replaceAll('-', '')).join(''), 'hex');
}

function unpackIds(packed: Buffer): string[] {
  return Array.from({ length: packed.length / 16 }, (_, place) => idAt(packed, place));
}

export function idAt(packed: Buffer, place: number): string {
  const hex = packed.toString('hex', place * 16, place * 16 + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
