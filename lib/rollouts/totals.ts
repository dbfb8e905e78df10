import type { Tx } from '#lib/db';

/**
 * What the fleet has counted so far; differences of two are what a stage saw. `decisions` are the whole fleet's, `asked` those
 * of instances that judge the rule, counted until it is out in full.
 */
export type Totals = { hits: number; enforced: number; decisions: number; asked: number };

export const NOTHING: Totals = { hits: 0, enforced: 0, decisions: 0, asked: 0 };

export async function fleetTotals(tx: Tx, mitigationId: string): Promise<Totals> {
  const [row] = await tx.$queryRaw<Totals[]>`
    SELECT coalesce(sum(hits), 0)::float8 AS hits, coalesce(sum(enforced), 0)::float8 AS enforced,
      (SELECT coalesce(sum(decisions), 0)::float8 FROM decision_minute) AS decisions,
      (SELECT coalesce(sum(asked), 0)::float8 FROM rule_hit_minute WHERE mitigation_id = ${mitigationId}::uuid) AS asked
    FROM rule_hit WHERE mitigation_id = ${mitigationId}::uuid`;
  return row ?? NOTHING;
}

/** What happened between two counts; never below nothing, should a counter have been lost. */
export function since(before: Totals, now: Totals): Totals {
  return {
    hits: Math.max(0, now.hits - before.hits),
    enforced: Math.max(0, now.enforced - before.enforced),
    decisions: Math.max(0, now.decisions - before.decisions),
    asked: Math.max(0, now.asked - before.asked),
  };
}
