import { useDeferredValue, useMemo } from 'react';
import { AppError } from '#lib/errors';
import type { RuleDraft } from '#lib/mitigations/schema';
import { canFold, type StrongerFold, strongerFold } from '#lib/mitigations/stronger-fold';
import { compileTrial } from '#lib/mitigations/trial';
import type { RuleMatcher, RuleScope } from '#sdk/rule';
import { whenProblem } from '#sdk/when';
import { type ComposerExample, matcherOf, type RuleForm, scopeOf } from './rule-form.ts';

type DraftView = {
  matcher: RuleMatcher | null;
  scope: RuleScope;
  /** What a back-test may be asked for; null while nothing could run. */
  draft: RuleDraft | null;
  /** What this browser can try itself: code shapes need a parser that only the server has. */
  runnable: RuleDraft | null;
  problem: string | undefined;
  conditionProblem: string | undefined;
};

/** Longer lists are tried one way at a time. */
const COMPARED = 1_000;

/** The draft with its packages looked for either way; null for a way that is not tried. What has no ways has the first. */
export function waysOf(draft: RuleDraft | null): Record<RuleForm['find'], RuleDraft | null> {
  if (draft?.matcher.kind !== 'imports') return { imported: draft, mentioned: null };
  const { find = 'imported', ...matcher } = draft.matcher;
  if (matcher.packages.length > COMPARED) return { imported: null, mentioned: null, [find]: draft };
  return {
    imported: { ...draft, matcher },
    mentioned: { ...draft, matcher: { ...matcher, find: 'mentioned' } },
  };
}

/** The rule as typed so far, and why it could not run, known before the server is asked. */
export function useDraft(form: RuleForm): DraftView {
  const { kind, pattern, text, phrases, shape, language, ignoreCase, lookback, scope, labels } = form;
  const { packageText, packages, find, unversioned } = form;
  const matcher = useMemo(
    () =>
      matcherOf({
        kind,
        pattern,
        text,
        packageText,
        packages,
        find,
        unversioned,
        phrases,
        shape,
        language,
        ignoreCase,
        lookback,
      }),
    [
      kind,
      pattern,
      text,
      packageText,
      packages,
      find,
      unversioned,
      phrases,
      shape,
      language,
      ignoreCase,
      lookback,
    ],
  );
  const narrowed = useMemo(() => scopeOf({ scope, labels }), [scope, labels]);
  const when = form.when.trim();
  const conditionProblem = useMemo(
    () => (when === '' ? undefined : (whenProblem(when) ?? undefined)),
    [when],
  );
  const { target } = form;
  const draft = useMemo(
    () =>
      matcher && {
        scope: narrowed,
        matcher,
        target,
        when: when === '' || conditionProblem ? null : when,
      },
    [matcher, narrowed, target, when, conditionProblem],
  );
  const runnable = draft?.matcher.kind === 'shape' ? null : draft;
  const problem = useMemo(() => {
    try {
      if (runnable) compileTrial(runnable);
      return undefined;
    } catch (error) {
      const [said] = error instanceof AppError ? Object.values(error.fields ?? {}) : [];
      return said ?? (error instanceof Error ? error.message : String(error));
    }
  }, [runnable]);
  const fine = problem === undefined && conditionProblem === undefined;
  return {
    matcher,
    scope: narrowed,
    draft: fine ? draft : null,
    runnable: fine ? runnable : null,
    problem,
    conditionProblem,
  };
}

/** What phrases would catch of the examples that the draft misses; null while it is worked out. */
export function useStrongerFold(
  runnable: RuleDraft | null,
  examples: readonly ComposerExample[],
): StrongerFold | null {
  // A list of a hundred thousand packages is not written down for nothing.
  const key = runnable && canFold(runnable.matcher) ? JSON.stringify(runnable) : null;
  const deferred = useDeferredValue(key);
  const fold = useMemo(
    () => (deferred === null ? null : strongerFold(JSON.parse(deferred), examples)),
    [deferred, examples],
  );
  return deferred === key ? fold : null;
}
