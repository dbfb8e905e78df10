import { holdsBack, needOf } from '#sdk/holdback';
import type { Context } from '#sdk/integrations/exchange';
import { LIMITS, type Rule } from '#sdk/rule';

/** How far the rules for one answer look, UTF-16 code units; infinite where one needs the whole answer. */
export interface Reach {
  /** Text before the last `hold` characters cannot be changed any more by what follows. */
  hold: number;
  /** Characters before new text that have to be read with it. */
  read: number;
}

const reaches = new WeakMap<Rule, { hold: number; read: number }>();

/** Of the rules that could hit answers of `identity`. Pure. */
export function reachOf(rules: readonly Rule[], identity: Context): Reach {
  let hold = 0;
  let read = 0;
  for (const rule of rules) {
    if (rule.target === 'prompt' || !mayApply(rule, identity)) continue;
    const reach = reachOfRule(rule);
    if (holdsBack(rule.action, rule.mode)) hold = Math.max(hold, reach.hold);
    read = Math.max(read, reach.read);
  }
  return { hold, read };
}

function reachOfRule(rule: Rule): Reach {
  const known = reaches.get(rule);
  if (known) return known;
  const need = needOf(rule);
  // A statement, a phrase or a pattern without an end may be longer than what is held back for it.
  const long = { hold: LIMITS.lookback, read: LIMITS.lookbackMax };
  const reach = ((): Reach => {
    switch (need.kind) {
      case 'start':
        return { hold: 0, read: 0 };
      case 'length':
        return need.capped
          ? { hold: need.length, read: LIMITS.lookbackMax }
          : { hold: need.length, read: need.length };
      case 'statement':
      case 'mention':
      case 'phrase':
        return long;
      case 'whole':
        return { hold: Number.POSITIVE_INFINITY, read: Number.POSITIVE_INFINITY };
    }
  })();
  reaches.set(rule, reach);
  return reach;
}

function mayApply({ scope }: Rule, identity: Context): boolean {
  const within = (list: readonly string[] | undefined, value: string | null | undefined) =>
    !list || list.length === 0 || list.includes(value ?? '');
  return (
    within(scope.models, identity.model) &&
    within(scope.versions, identity.version) &&
    within(scope.tenants, identity.tenant) &&
    within(scope.tiers, identity.tier) &&
    within(scope.surfaces, identity.surface) &&
    within(scope.features, identity.feature) &&
    within(
      scope.languages?.map((language) => language.toLowerCase()),
      identity.language?.toLowerCase(),
    )
  );
}
