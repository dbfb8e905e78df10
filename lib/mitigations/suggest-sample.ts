import { db, Prisma } from '#lib/db';
import type { LinkedExample } from './linked.ts';
import { examplesOf } from './linked.ts';
import type { Other } from './suggest-choose.ts';

/** Others that a feature is counted in, and how many rows at most are looked at to find them. */
const OTHERS = 400;
const LOOKED_AT = 4_000;
/** Below this many rows they are all drawn from; above, whole pages of the table are. */
const SMALL = 20_000;
const BENIGN = 60;

const lower = (languages: readonly string[]) => languages.map((language) => language.toLowerCase());

/**
 * Interactions outside the members and their clusters that have their text, drawn at random, in these languages where there are some. The same store
 * gives the same sample, so that a suggestion does not change from one look to the next.
 */
export async function othersThan(
  memberIds: readonly string[],
  languages: readonly string[],
): Promise<Other[]> {
  const [estimate] = await db.$queryRaw<{ rows: number }[]>`
    SELECT greatest(reltuples, 0)::float8 AS rows FROM pg_class WHERE oid = 'interaction'::regclass`;
  const rows = estimate?.rows ?? 0;
  const sample =
    rows < SMALL
      ? Prisma.empty
      : Prisma.sql`TABLESAMPLE SYSTEM (${Math.min(100, (100 * LOOKED_AT) / rows)}::float8) REPEATABLE (1)`;
  const drawn = await db.$queryRaw<(Other & { alike: boolean })[]>`
    SELECT i.prompt, i.completion, i.language, alike, EXISTS (SELECT 1 FROM finding f
      WHERE f.interaction_id = i.id AND f.category = 'malicious_package') AS package FROM (
      SELECT id, lower(language) = ANY(${lower(languages)}::text[]) AS alike FROM interaction ${sample}
      WHERE erased_at IS NULL AND NOT id = ANY(${[...memberIds]}::uuid[])
        AND NOT EXISTS (SELECT 1 FROM cluster_member m WHERE m.interaction_id = id AND m.cluster_id IN (
          SELECT cluster_id FROM cluster_member WHERE interaction_id = ANY(${[...memberIds]}::uuid[])))
      ORDER BY alike DESC, md5(id::text) LIMIT ${OTHERS}) drawn
    JOIN interaction i USING (id)`;
  const alike = drawn.filter((row) => row.alike);
  return alike.length > 0 ? alike : drawn;
}

/** The newest that people found harmless, in these languages: what a rule should leave alone. */
export async function benignIn(languages: readonly string[]): Promise<LinkedExample[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT q.interaction_id AS id FROM queue_item q JOIN interaction i ON i.id = q.interaction_id
    WHERE q.state = 'decided' AND q.verdict = 'benign' AND i.erased_at IS NULL
      AND lower(q.language) = ANY(${lower(languages)}::text[])
    ORDER BY q.decided_at DESC LIMIT ${BENIGN}`;
  return examplesOf(
    db,
    rows.map(({ id }) => id),
    BENIGN,
  );
}
