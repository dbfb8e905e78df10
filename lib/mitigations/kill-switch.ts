import { AppError } from '#lib/errors';
import type { Rule } from '#sdk/rule';
import { narrows } from './narrow.ts';
import { type Asked, hitsEverything, worstOf } from './worst.ts';

/** A kill switch is on for at most this long at a time: a longer one is published again, by two people. */
const KILL_SWITCH_MS = 60 * 60_000;

type Measured = Parameters<typeof worstOf>[1];

/** Whether a rule switches off whatever lies in its scope, by what it does or by what it does where it fails. */
export function isKillSwitch(rule: Asked): boolean {
  return rule.matcher?.kind === 'any' && worstOf(rule, null).stopsEverything;
}

/** Whether a rule that is no kill switch may stop all the same: for everybody, or by what was measured. */
function actsAsOne(rule: Asked & Pick<Rule, 'scope'>, backtest: Measured): boolean {
  const isWhole = narrows(rule.scope).length === 0 || hitsEverything(rule, backtest);
  return isWhole && worstOf(rule, backtest).stopsEverything;
}

/**
 * Why a rule that may stop everything in its scope cannot be one as it stands, `field` first; null for one that can, and
 * for every other rule.
 */
export function killSwitchProblem(
  rule: Asked & Pick<Rule, 'scope'>,
  lifeMs: number,
  backtest: Measured = null,
): { field: string; message: string } | null {
  const isSwitch = isKillSwitch(rule);
  if (!isSwitch && !actsAsOne(rule, backtest)) return null;
  const named = narrows(rule.scope);
  if (isSwitch && !(['models', 'features', 'tenants'] as const).some((field) => named.includes(field))) {
    return {
      field: 'scope',
      message: 'A kill switch names what it switches off: at least one model, feature or tenant.',
    };
  }
  if (lifeMs <= KILL_SWITCH_MS) return null;
  const minutes = KILL_SWITCH_MS / 60_000;
  const what = isSwitch ? 'A kill switch' : 'A rule that may stop everybody’s answers';
  return {
    field: 'expiresInMinutes',
    message: `${what} is on for at most ${minutes} minutes at a time. Let it end sooner, and publish another one if it must go on.`,
  };
}

/** Throws `invalid`, the field named, where `killSwitchProblem` has something to say of a rule that ends then. */
export function expectKillSwitch(
  rule: Asked & Pick<Rule, 'scope'>,
  ends: Date,
  backtest: Measured = null,
): void {
  const problem = killSwitchProblem(rule, ends.getTime() - Date.now(), backtest);
  if (problem === null) return;
  throw new AppError('invalid', problem.message, { fields: { [problem.field]: problem.message } });
}
