import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { authorize } from '#lib/permissions';

/** Most minutes that are read at once: a day. */
const MINUTES_MAX = 1_440;

/**
 * Hits of each rule over the whole fleet, minute by minute, oldest first and the running minute last; `minutes` numbers
 * for every id that was asked for.
 */
export async function hitMinutes(
  actor: Actor,
  mitigationIds: readonly string[],
  minutes = 60,
): Promise<Record<string, number[]>> {
  authorize(actor, 'fleet.read');
  const span = Math.min(Math.max(1, Math.floor(minutes)), MINUTES_MAX);
  const counts = Object.fromEntries(mitigationIds.map((id) => [id, Array<number>(span).fill(0)]));
  if (mitigationIds.length === 0) return counts;
  const rows = await db.$queryRaw<{ id: string; ago: number; hits: number }[]>`
    SELECT mitigation_id::text AS id, hits::float8 AS hits,
           (extract(epoch FROM date_trunc('minute', clock_timestamp()) - minute) / 60)::int AS ago
    FROM rule_hit_minute
    WHERE mitigation_id = ANY(${[...mitigationIds]}::uuid[])
      AND minute > date_trunc('minute', clock_timestamp()) - ${span} * interval '1 minute'`;
  for (const { id, ago, hits } of rows) {
    const series = counts[id];
    // Instances' clocks may run a little ahead.
    const at = span - 1 - Math.max(0, ago);
    if (series) series[at] = (series[at] ?? 0) + hits;
  }
  return counts;
}
