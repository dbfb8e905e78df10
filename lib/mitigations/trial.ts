import { AppError } from '#lib/errors';
import { parse } from '#lib/parse';
import { compileRules, findHits, type Hit, lintRule } from '#sdk/engine';
import { textMatcher } from '#sdk/match';
import { type Rule, type RuleMatcher, ruleSchema, type Surface } from '#sdk/rule';
import { whenProblem } from '#sdk/when';
import type { RuleDraft } from './schema.ts';

/** What a rule reads of one stored interaction. */
export type TrialText = {
  prompt: string;
  completion: string;
  language: string;
  modelName: string;
  modelVersion: string;
  surface: string;
  tier: string | null;
  tenant: string | null;
};

export type Trial = {
  /** Whether the rule would hit, at the cost of the first match only. */
  hits: (row: TrialText) => boolean;
  /** Every place it would hit. */
  spans: (row: TrialText) => Hit[];
  /** What its matcher alone finds. */
  find: ReturnType<typeof textMatcher>;
};

/** The field of a matcher that a person can correct. */
export function matcherField({ kind }: RuleMatcher): string {
  return FIELD[kind];
}

const FIELD: Record<RuleMatcher['kind'], string> = {
  re2: 'matcher.pattern',
  literal: 'matcher.text',
  imports: 'matcher.packages',
  phrases: 'matcher.phrases',
  shape: 'matcher.pattern',
  any: 'matcher.kind',
};

/** A rule around the draft that is always in force, so that only scope and matcher speak. */
function trialRule(draft: RuleDraft): Rule {
  // Stored interactions do not say which feature they came through: taken as given, like labels.
  const { features: _, ...scope } = draft.scope;
  return parse(ruleSchema, {
    id: '00000000-0000-4000-8000-000000000000',
    ref: 'R-0',
    version: 1,
    title: 'Trial',
    incident: null,
    scope,
    target: draft.target,
    matcher: draft.matcher,
    when: draft.when ?? null,
    // Neither is looked at for what a rule would hit; `flag` stops at the first span.
    action: 'flag',
    mode: 'enforce',
    startsAt: null,
    expiresAt: '9999-12-31T23:59:59.000Z',
    tests: { mustMatch: [], mustNotMatch: [] },
  });
}

/**
 * Compiles a draft with the instances' own engine. Instance labels and features in the scope are taken as given, since
 * stored interactions do not have them. Throws `invalid` with the field when it is none, or must not run.
 */
export function compileTrial(draft: RuleDraft): Trial {
  const rule = trialRule(draft);
  const unfit = rule.when === null ? null : whenProblem(rule.when);
  if (unfit !== null) throw new AppError('invalid', unfit, { fields: { when: unfit } });
  const problems = lintRule(rule);
  if (problems.length > 0) {
    const message = problems.join(' ');
    throw new AppError('invalid', message, { fields: { [matcherField(draft.matcher)]: message } });
  }
  const compiled = compileRules([rule], { labels: draft.scope.labels ?? {} });
  const now = new Date();
  const request = (row: TrialText) => ({
    model: row.modelName,
    version: row.modelVersion,
    tenant: row.tenant,
    tier: row.tier,
    language: row.language,
    surface: row.surface as Surface,
    prompt: row.prompt,
    completion: row.completion,
  });
  return {
    hits: (row) => findHits(compiled, request(row), now, { firstOnly: true }).length > 0,
    spans: (row) => findHits(compiled, request(row), now),
    find: textMatcher(rule.matcher),
  };
}
