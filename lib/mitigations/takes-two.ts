import type { Tx } from '#lib/db';
import { toRule, type WireRuleRow } from '#lib/rulesets/wire-rule';
import { approvalNeeded } from './approval.ts';
import { latestBacktest } from './backtest.ts';
import { planSchema } from './plan.ts';
import { everythingWords, worstOf } from './worst.ts';

/** The rule as it would enforce, whatever stage it is in. */
export function enforcing(row: WireRuleRow) {
  return { ...toRule(row), mode: row.mode === 'shadow' ? 'shadow' : 'enforce' } as const;
}

/** Whether somebody besides its author must agree to the rule as it is now, without a canary that could show its worth. */
export function takesTwo(row: WireRuleRow): boolean {
  const plan = { ...planSchema.parse(row.plan), canarySeconds: 0 };
  return approvalNeeded({ ...enforcing(row), plan }, null).approvals > 0;
}

/** What a rule may do to everything in its scope, for which no reason stands in for a second person; null where it cannot. */
export async function doesToEverything(tx: Tx, row: WireRuleRow): Promise<string | null> {
  return everythingWords(worstOf(enforcing(row), await latestBacktest(tx, row.id, row.version)));
}
