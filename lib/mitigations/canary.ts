import type { Tx } from '#lib/db';
import { GONE_AFTER_MS } from '#lib/fleet/schema';

/** Ids of the processes that serve and were heard of lately: those a canary can be tried on. Relays serve nobody. */
export async function connectedInstances(tx: Tx): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM instance WHERE kind IN ('sdk', 'sidecar')
      AND last_seen_at > clock_timestamp() - ${GONE_AFTER_MS} * interval '1 millisecond' ORDER BY id`;
  return rows.map(({ id }) => id);
}
