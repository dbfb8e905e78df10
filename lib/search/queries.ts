import type { Actor } from '#lib/actor';
import { Prisma } from '#lib/db';
import { authorize } from '#lib/permissions';
import { countFound } from './counts.ts';
import { ask } from './find.ts';
import { type Key, keySpec } from './keys.ts';
import type { Term } from './query.ts';
import type { Field } from './schema.ts';
import { inSnapshot } from './session.ts';

const { sql } = Prisma;

/** How many interactions meet every term, over time and by one or two fields. Throws like `countFound`. */
export async function countInteractions(actor: Actor, terms: readonly Term[], by: readonly Field[]) {
  authorize(actor, 'interaction.read');
  return countFound(terms, by);
}

/** So much of the newest traffic is looked through for values, and so many are offered. */
const NEWEST = 5_000;
const OFFERED = 12;
const STATEMENT_MS = 2_000;

/** The key's values in the newest traffic that hold `part`, the most frequent first; for keys with few words, those. */
export async function seenValues(actor: Actor, key: Key, part: string): Promise<string[]> {
  authorize(actor, 'interaction.read');
  const spec = keySpec(key);
  const lowered = part.toLowerCase();
  if (spec.words) return spec.words.filter((word) => word.includes(lowered));
  if (!spec.seen) return [];
  const rows = await inSnapshot(STATEMENT_MS, (client) =>
    ask<{ value: string }>(
      client,
      sql`SELECT value FROM (${valuesOf(key)}) seen
        WHERE value <> '' AND strpos(lower(value), ${lowered}) > 0
        GROUP BY value ORDER BY starts_with(lower(value), ${lowered}) DESC, count(*) DESC, value LIMIT ${OFFERED}`,
    ),
  );
  return rows.map(({ value }) => value);
}

function valuesOf(key: Key): Prisma.Sql {
  const newest = (column: Prisma.Sql) => sql`SELECT ${column} AS value FROM (
    SELECT * FROM interaction ORDER BY received_at DESC, id LIMIT ${NEWEST}) i`;
  const found = (column: Prisma.Sql) => sql`SELECT ${column} AS value FROM (
    SELECT id FROM interaction ORDER BY received_at DESC, id LIMIT ${NEWEST}) i JOIN finding f ON f.interaction_id = i.id`;
  switch (key) {
    case 'detector':
      return found(sql`f.detector`);
    case 'rule':
      return found(sql`coalesce(f.rule, '')`);
    case 'model':
      return newest(sql`i.model_name`);
    case 'version':
      return newest(sql`i.model_version`);
    case 'language':
      return newest(sql`lower(i.language)`);
    case 'tenant':
      return newest(sql`coalesce(i.tenant, '')`);
    case 'actor':
      return newest(sql`i.actor_id`);
    case 'tier':
      return newest(sql`coalesce(i.tier, '')`);
    case 'source':
      return newest(sql`i.source`);
    default: {
      // Features of texts: `package:`, `host:`, `call:`.
      const prefix = `${key}:`;
      return sql`SELECT substr(feature, ${prefix.length + 1}::int) AS value FROM (
        SELECT features FROM cluster_shape ORDER BY created_at DESC LIMIT ${NEWEST}) s
        CROSS JOIN LATERAL unnest(s.features) AS feature WHERE starts_with(feature, ${prefix})`;
    }
  }
}
