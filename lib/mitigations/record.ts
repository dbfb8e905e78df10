import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import type { Tx } from '#lib/db';
import { endsOnTheWire, type WireRuleRow, wireRuleSelect } from '#lib/rulesets/wire-rule';
import { ruleDigest } from './content.ts';

/** What an event of a rule needs to know of it. */
export const recordSelect = { ...wireRuleSelect, incidentId: true } as const;

/** What every event of a rule says; the digest stands for what it was approved, published and exported as. */
function facts(row: WireRuleRow) {
  return {
    ref: `R-${row.number}`,
    version: row.version,
    digest: ruleDigest(row),
    title: row.title,
    action: row.action,
    mode: row.mode,
    stage: row.stage,
    expiresAt: endsOnTheWire(row).toISOString(),
  };
}

/** Writes an event about a rule into its incident's history, in the transaction of the change. */
export function recordRule(
  tx: Tx,
  actor: Actor,
  action: string,
  row: WireRuleRow & { incidentId: string },
  data: Record<string, unknown> = {},
): Promise<void> {
  const subject = { type: 'mitigation', id: row.id };
  const { incidentId } = row;
  return recordEvent(tx, actor, { action, subject, incidentId, data: { ...facts(row), ...data } });
}
