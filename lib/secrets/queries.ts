import { db, type Tx } from '#lib/db';
import { findSecrets } from './find.ts';
import { textsOf } from './mask.ts';
import type { SecretField, SecretSpan } from './schema.ts';

type Row = { id: string; prompt: string; before: string | null; completion: string };

/**
 * The secrets of interactions, by id: what the worker found, or for those it has not come to yet, what a scan finds
 * now. So nothing is shown unmasked in the seconds after its arrival, nor where the analysis was given up.
 * no authorize: answers places, not texts, to queries that have asked.
 */
export async function secretsOf(rows: readonly Row[], client: Tx = db): Promise<Map<string, SecretSpan[]>> {
  const ids = rows.map(({ id }) => id);
  const found = new Map<string, SecretSpan[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return found;
  // First the tasks, then the rows: a task that is done in between has left its rows.
  const waiting = await client.analysisTask.findMany({
    where: { interactionId: { in: ids } },
    select: { interactionId: true },
  });
  const unscanned = new Set(waiting.map(({ interactionId }) => interactionId));
  const kept = await client.secret.findMany({
    where: { interactionId: { in: ids } },
    orderBy: [{ field: 'asc' }, { start: 'asc' }],
  });
  for (const { interactionId, field, start, end, rule } of kept) {
    if (unscanned.has(interactionId)) continue;
    found.get(interactionId)?.push({ field: field as SecretField, start, end, rule });
  }
  for (const row of rows) if (unscanned.has(row.id)) found.set(row.id, await findSecrets(textsOf(row)));
  return found;
}
