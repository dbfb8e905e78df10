import type { OutsideField } from '#lib/mitigations/backtest-outside';
import { ACTION_WORDS } from '#lib/mitigations/explain';
import { type Plan, stagesOf } from '#lib/mitigations/plan';
import { durationLabel } from '#lib/time';
import { FAIL_ACTIONS } from '#sdk/effects';
import type { FailMode, RuleFail } from '#sdk/rule';

/** "shadow 1 m, canary 1 m on 10 % of the instances, then everywhere, by itself". */
export function planWords(plan: Plan): string {
  const parts = stagesOf(plan, 'enforce').map((stage) => {
    if (stage === 'shadow') return `shadow ${durationLabel(plan.shadowSeconds * 1_000)}`;
    if (stage === 'canary')
      return `canary ${durationLabel(plan.canarySeconds * 1_000)} on ${canaryWords(plan)}`;
    return 'everywhere';
  });
  const last = parts.pop();
  const way = parts.length === 0 ? `${last} at once` : `${parts.join(', ')}, then ${last}`;
  return parts.length === 0 ? way : `${way}, ${plan.autoAdvance ? 'by itself' : 'each step by hand'}`;
}

/** "10 % of the instances and 50 % of the requests". */
function canaryWords(plan: Pick<Plan, 'canaryInstances' | 'canaryRequests'>): string {
  const instances = `${rounded(plan.canaryInstances)} % of the instances`;
  return plan.canaryRequests === 100
    ? instances
    : `${instances} and ${rounded(plan.canaryRequests)} % of the requests`;
}

// Publishing moves the share a little, so that it falls on at least one instance.
const rounded = (percent: number) => Number(percent.toPrecision(3));

/** What a rule that fails in this mode does with the answer. */
export function failModeWords(mode: FailMode): string {
  const action = FAIL_ACTIONS[mode];
  return action === null ? 'let it pass' : ACTION_WORDS[action];
}

/** What one value of a list in a scope is called. */
export const FIELD_WORDS: Record<OutsideField, string> = {
  languages: 'language',
  models: 'model',
  surfaces: 'surface',
  versions: 'model version',
  tenants: 'tenant',
  tiers: 'tier',
};

/** "let it pass", or "rule fails: let it pass; instance cut off: block it". */
export function failWords({ onError, onStale }: RuleFail): string {
  if (onError === onStale) return failModeWords(onError);
  return `rule fails: ${failModeWords(onError)}; instance cut off: ${failModeWords(onStale)}`;
}

/** "5 %", "0.14 %"; a share of 0 to 1. */
export function sharePercent(share: number): string {
  const value = share * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
