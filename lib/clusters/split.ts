import type { Tx } from '#lib/db';
import { newId } from '#lib/ids';
import { countClusters } from './stats.ts';
import { indexExemplars } from './write.ts';

type From = { id: string; scope: string; representativeId: string };

/**
 * Moves members, and the shapes that have no members left behind, to a new cluster. Both are counted anew and keep
 * the earliest of their members as the representative, unless theirs stays. The caller holds the scope's lock.
 */
export async function moveOut(tx: Tx, from: From, interactionIds: string[]) {
  const id = newId();
  const [created] = await tx.$queryRaw<{ number: number }[]>`
    INSERT INTO cluster (id, scope, representative_id, split_from_id, first_at, last_at)
    SELECT ${id}::uuid, ${from.scope}, first.id, ${from.id}::uuid, first.received_at, first.received_at
    FROM (SELECT id, received_at FROM interaction WHERE id = ANY(${interactionIds}::uuid[])
      ORDER BY received_at, id LIMIT 1) first
    RETURNING number`;
  await tx.$executeRaw`
    UPDATE cluster_member SET cluster_id = ${id}::uuid
    WHERE cluster_id = ${from.id}::uuid AND interaction_id = ANY(${interactionIds}::uuid[])`;
  const shapes = await tx.$executeRaw`
    UPDATE cluster_shape shape SET cluster_id = ${id}::uuid
    WHERE shape.id IN (SELECT shape_id FROM cluster_member WHERE cluster_id = ${id}::uuid)
      AND NOT EXISTS (SELECT 1 FROM cluster_member left_behind
        WHERE left_behind.shape_id = shape.id AND left_behind.cluster_id = ${from.id}::uuid)`;
  if (interactionIds.includes(from.representativeId)) {
    await tx.$executeRaw`
      UPDATE cluster SET representative_id = (
        SELECT i.id FROM cluster_member m JOIN interaction i ON i.id = m.interaction_id
        WHERE m.cluster_id = ${from.id}::uuid ORDER BY i.received_at, i.id LIMIT 1)
      WHERE id = ${from.id}::uuid`;
  }
  await indexExemplars(tx, [from.id, id]);
  await countClusters(tx, [from.id, id]);
  return { id, number: created?.number ?? 0, shapes };
}
