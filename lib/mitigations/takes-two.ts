import { toRule, type WireRuleRow } from '#lib/rulesets/wire-rule';
import { approvalNeeded } from './approval.ts';
import { planSchema } from './plan.ts';

/** Whether somebody besides its author must agree to the rule as it is now, without a canary that could show its worth. */
export function takesTwo(row: WireRuleRow): boolean {
  const rule = { ...toRule(row), mode: row.mode === 'shadow' ? 'shadow' : 'enforce' } as const;
  const plan = { ...planSchema.parse(row.plan), canarySeconds: 0 };
  return approvalNeeded({ ...rule, plan }, null).approvals > 0;
}
