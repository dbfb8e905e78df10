import type { Tx } from '#lib/db';

/** What the fleet has counted so far, of one rule and in all; differences of two are what a stage saw. */
export type Totals = { hits: number; enforced: number; decisions: number };

export async function fleetTotals(tx: Tx, mitigationId: string): Promise<Totals> {
  const [row] = await tx.$queryRaw<Totals[]>`
    SELECT coalesce(sum(hits), 0)::float8 AS hits, coalesce(sum(enforced), 0)::float8 AS enforced,
      (SELECT coalesce(sum(decisions), 0)::float8 FROM decision_minute) AS decisions
    FROM rule_hit WHERE mitigation_id = ${mitigationId}::uuid`;
  return row ?? { hits: 0, enforced: 0, decisions: 0 };
}

/** What happened between two counts; never below nothing, should a counter have been lost. */
export function since(before: Totals, now: Totals): Totals {
  return {
    hits: Math.max(0, now.hits - before.hits),
    enforced: Math.max(0, now.enforced - before.enforced),
    decisions: Math.max(0, now.decisions - before.decisions),
  };
}
