import { db, Prisma, type Tx } from '#lib/db';
import { maskRows } from '#lib/secrets/queries';
import { type Seen, variantOf } from './variant.ts';

/** Texts may be a megabyte each. */
const PAGE = 50;

/**
 * Keeps the variant of each of these members, of their texts as they are shown. Their secrets are found already, or they
 * are searched for now. An erased text has no variant: nobody can look at it. no authorize: it tells nothing of a text.
 */
export async function setVariants(tx: Tx, interactionIds: readonly string[]): Promise<void> {
  for (let from = 0; from < interactionIds.length; from += PAGE) {
    const rows = await tx.$queryRaw<(Seen & { id: string; scope: string })[]>`
      SELECT i.id, i.prompt, i.before, i.completion, i.language, i.surface, shape.scope
      FROM unnest(${interactionIds.slice(from, from + PAGE)}::uuid[]) AS given (id)
      JOIN interaction i ON i.id = given.id AND i.erased_at IS NULL
      JOIN cluster_member member ON member.interaction_id = i.id
      JOIN cluster_shape shape ON shape.id = member.shape_id`;
    const shown = await maskRows(rows, tx);
    const variants = shown.map((row) => variantOf(row, row.scope).toString('hex'));
    await tx.$executeRaw`
      UPDATE cluster_member SET variant = decode(row.variant, 'hex')
      FROM unnest(${shown.map(({ id }) => id)}::uuid[], ${variants}::text[]) AS row (id, variant)
      WHERE cluster_member.interaction_id = row.id AND cluster_member.variant IS NULL`;
  }
}

export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * The same for members that joined before there were variants, a page of those behind an id. Answers the last it came
 * to, and null when there are no more. no authorize: as above.
 */
export async function fillVariants(after: string, limit = 200): Promise<string | null> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT interaction_id AS id FROM cluster_member
    WHERE variant IS NULL AND interaction_id > ${after}::uuid ORDER BY interaction_id LIMIT ${limit}`;
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await db.$transaction((tx) => setVariants(tx, ids), { timeout: 60_000 });
  return rows.length < limit ? null : (ids.at(-1) ?? null);
}

/**
 * Whether `queue_item AS item` was on the screen: it is one of those shown, or of a variant of theirs. What has no variant
 * yet is like nothing but itself.
 */
export function onScreen(shown: readonly string[]): Prisma.Sql {
  return Prisma.sql`(item.interaction_id = ANY(${shown}::uuid[]) OR EXISTS (
    SELECT 1 FROM cluster_member AS alike WHERE alike.interaction_id = item.interaction_id AND alike.variant IN (
      SELECT seen.variant FROM cluster_member AS seen WHERE seen.interaction_id = ANY(${shown}::uuid[]))))`;
}

/** The batch of the standing decision that is in force for a cluster, as SQL; null when there is none. */
export function standingBatch(clusterId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(SELECT batch.id FROM cluster AS own
    JOIN review_batch AS batch ON batch.cluster_id = own.id AND batch.kind = 'standing' AND batch.reversed_at IS NULL
    WHERE own.id = ${clusterId} AND own.auto_until > now() ORDER BY batch.created_at DESC LIMIT 1)`;
}

/** Keeps with a batch what was on the screen that decided it. For verbs, in their transaction. Answers how many are new. */
export async function keepShown(tx: Tx, batchId: string, shown: readonly string[]): Promise<number> {
  return tx.$executeRaw`
    INSERT INTO batch_shown (batch_id, interaction_id, variant)
    SELECT ${batchId}::uuid, item.interaction_id, member.variant
    FROM queue_item AS item LEFT JOIN cluster_member AS member USING (interaction_id)
    WHERE item.interaction_id = ANY(${shown}::uuid[]) ON CONFLICT DO NOTHING`;
}
