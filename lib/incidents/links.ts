import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';

/** Links interactions to an incident and answers those that were not linked before. Throws `invalid` for unknown ones. */
export async function linkRows(tx: Tx, incidentId: string, interactionIds: string[]): Promise<string[]> {
  if (interactionIds.length === 0) return [];
  const ids = [...new Set(interactionIds.map((id) => id.toLowerCase()))];
  const unknown = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM unnest(${ids}::uuid[]) AS given(id)
    WHERE NOT EXISTS (SELECT 1 FROM interaction i WHERE i.id = given.id)`;
  if (unknown.length > 0) {
    const named = unknown.slice(0, 3).map((row) => row.id);
    const more = unknown.length > named.length ? ` and ${unknown.length - named.length} more` : '';
    const message = `no such interaction: ${named.join(', ')}${more}`;
    throw new AppError('invalid', `interactionIds: ${message}`, { fields: { interactionIds: message } });
  }
  const linked = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO incident_interaction (incident_id, interaction_id, linked_at)
    SELECT ${incidentId}::uuid, given.id, clock_timestamp() FROM unnest(${ids}::uuid[]) AS given(id)
    ON CONFLICT DO NOTHING RETURNING interaction_id::text AS id`;
  return linked.map((row) => row.id).sort();
}
