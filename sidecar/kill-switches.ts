import { FAIL_ACTIONS, stopsAnswer } from '#sdk/effects';
import { findHits } from '#sdk/engine';
import type { Guard, GuardRuleset } from '#sdk/guard';
import type { Context } from '#sdk/integrations/exchange';
import type { FailMode, Rule } from '#sdk/rule';

/** One switch: on unless a rule says otherwise. */
export interface Switch {
  key: string;
  on: boolean;
  /** The rule that switched it off. */
  rule?: Rule;
  seq: number;
}

const stopsByFailing = (mode: FailMode) => {
  const instead = FAIL_ACTIONS[mode];
  return instead !== null && stopsAnswer(instead);
};

/**
 * Rules that may leave nobody an answer, whatever the texts: what the product calls a kill switch, whichever action it has
 * and also where it stops by failing; of a ruleset that is too old, all that fail closed then.
 */
function isSwitch({ mode, matcher, action, fail }: Rule, stale: boolean): boolean {
  if (mode !== 'enforce') return false;
  if (stale && stopsByFailing(fail.onStale)) return true;
  return matcher.kind === 'any' && (stopsAnswer(action) || stopsByFailing(fail.onError));
}

/**
 * What a flag's key asks about, over what the context says already: `model:NAME`, `model:NAME@VERSION`,
 * `feature:NAME`, or `serving` for the context as it is. Null for any other key.
 *
 * A name may hold an `@` of its own, so the engine reads it every way it can be read, as it does in a decision; once
 * with the version of the context, and once with what the key says alone. What any of them is refused by is off.
 */
function contextsOf(key: string, context: Context): Context[] | null {
  if (key === 'serving') return [context];
  const [, kind, name] = /^(model|feature):(.+)$/s.exec(key) ?? [];
  if (name === undefined) return null;
  if (kind === 'feature') return [{ ...context, feature: name }];
  const named = { ...context, model: name };
  return context.version ? [named, { ...named, version: undefined }] : [named];
}

/** Evaluates one key; null when there is no such key. Without a ruleset everything is on. */
export function readSwitch(guard: Guard, key: string, context: Context): Switch | null {
  const asked = contextsOf(key, context);
  if (!asked) return null;
  const ruleset = guard.ruleset();
  if (!ruleset) return { key, on: true, seq: 0 };
  const [rule] = asked.flatMap((each) => switchedOffBy(ruleset, each) ?? []);
  return { key, on: rule === undefined, seq: ruleset.snapshot.seq, ...(rule && { rule }) };
}

/** Every key that a live switch names, and those of the context itself, evaluated. */
export function readSwitches(guard: Guard, context: Context): Switch[] {
  const ruleset = guard.ruleset();
  const rules = ruleset?.snapshot.rules.filter((rule) => isSwitch(rule, ruleset.stale)) ?? [];
  const named = rules.flatMap(({ scope: { models = [], versions = [], features = [] } }) => [
    ...models.map((model) => `model:${model}`),
    ...models.flatMap((model) => versions.map((version) => `model:${model}@${version}`)),
    ...features.map((feature) => `feature:${feature}`),
  ]);
  const own = [
    'serving',
    ...(context.model ? [`model:${context.model}`] : []),
    ...(context.model && context.version ? [`model:${context.model}@${context.version}`] : []),
    ...(context.feature ? [`feature:${context.feature}`] : []),
  ];
  const keys = [...new Set([...own, ...named])].sort();
  return keys.flatMap((key) => readSwitch(guard, key, context) ?? []);
}

function switchedOffBy(
  { snapshot, compiled, now, demoted, stale }: GuardRuleset,
  context: Context,
): Rule | undefined {
  // Any text will do: what is switched off is refused before there is one.
  const asked = { ...context, prompt: ' ', completion: ' ' };
  const hits = findHits(compiled, asked, now, { bare: true, demoted, stale });
  const ids = new Set(
    hits.flatMap(({ id, mode, action }) => (mode === 'enforce' && stopsAnswer(action) ? [id] : [])),
  );
  return snapshot.rules.find((rule) => isSwitch(rule, stale) && ids.has(rule.id));
}
