import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { authorize } from '#lib/permissions';
import type { ErasureTarget } from './schema.ts';

/** What `eraseActor` would do, counted; changes nothing. */
export async function previewErasure(actor: Actor, input: ErasureTarget) {
  authorize(actor, 'interaction.erase');
  const [row] = await db.$queryRaw<
    { interactions: number; texts: number; pending: number; linked: number; harmful: number }[]
  >`
    SELECT count(*)::int AS interactions, (count(*) FILTER (WHERE i.erased_at IS NULL))::int AS texts,
      (count(*) FILTER (WHERE q.state = 'pending'))::int AS pending,
      (count(*) FILTER (WHERE q.verdict = 'harmful'))::int AS harmful,
      (count(*) FILTER (WHERE EXISTS (
        SELECT 1 FROM incident_interaction l WHERE l.interaction_id = i.id)))::int AS linked
    FROM interaction i LEFT JOIN queue_item q ON q.interaction_id = i.id
    WHERE i.actor_id = ${input.actorId} AND i.actor_id NOT LIKE 'erased:%'`;
  return row ?? { interactions: 0, texts: 0, pending: 0, linked: 0, harmful: 0 };
}

export type ErasurePreview = Awaited<ReturnType<typeof previewErasure>>;
