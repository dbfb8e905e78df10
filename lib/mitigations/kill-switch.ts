import { canChangeAnswer } from '#sdk/effects';
import type { Rule } from '#sdk/rule';

/** A kill switch is on for at most this long at a time: a longer one is published again, by two people. */
const KILL_SWITCH_MS = 60 * 60_000;

/** Actions that leave nobody an answer where a rule hits. */
const TAKES_AWAY: readonly Rule['action'][] = ['block', 'disable', 'replace'];

type Asked = Pick<Rule, 'action' | 'mode'> & { matcher: Rule['matcher'] | null };

/** Whether a rule hits everything in its scope, and changes what it hits. */
export function actsOnEverything({ matcher, mode, action }: Asked): boolean {
  return matcher?.kind === 'any' && mode === 'enforce' && canChangeAnswer(action);
}

/** Whether a rule switches off whatever lies in its scope. */
export function isKillSwitch(rule: Asked): boolean {
  return actsOnEverything(rule) && TAKES_AWAY.includes(rule.action);
}

/** Why a kill switch cannot be one as it stands, `field` first; null for one that can, and for every other rule. */
export function killSwitchProblem(
  rule: Asked & Pick<Rule, 'scope'>,
  lifeMs: number,
): { field: string; message: string } | null {
  if (!isKillSwitch(rule)) return null;
  const { models, features, tenants } = rule.scope;
  if (![models, features, tenants].some((names) => names && names.length > 0)) {
    return {
      field: 'scope',
      message: 'A kill switch names what it switches off: at least one model, feature or tenant.',
    };
  }
  if (lifeMs <= KILL_SWITCH_MS) return null;
  const minutes = KILL_SWITCH_MS / 60_000;
  return {
    field: 'expiresInMinutes',
    message: `A kill switch is on for at most ${minutes} minutes at a time. Let it end sooner, and publish another one if it must go on.`,
  };
}
