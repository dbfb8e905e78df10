import { useMemo, useState } from 'react';
import type { RuleDraft } from '#lib/mitigations/schema';
import type { RuleMatcher, RuleScope } from '#sdk/rule';
import { whenProblem } from '#sdk/when';
import { type ComposerExample, MATCHER_FIELDS, matcherOf, type RuleForm, scopeOf } from './rule-form.ts';
import { LONG_LIST, type TriedView, useTried } from './use-tried.ts';

type DraftView = {
  matcher: RuleMatcher | null;
  scope: RuleScope;
  /** What a back-test may be asked for; null while nothing could run. */
  draft: RuleDraft | null;
  /** What this browser can try itself: code shapes need a parser that only the server has. */
  runnable: RuleDraft | null;
  /** What `runnable` does to the examples. */
  tried: TriedView;
  problem: string | undefined;
  conditionProblem: string | undefined;
};

/** The draft with its packages looked for either way; null for a way that is not tried. What has no ways has the first. */
export function waysOf(draft: RuleDraft | null): Record<RuleForm['find'], RuleDraft | null> {
  if (draft?.matcher.kind !== 'imports') return { imported: draft, mentioned: null };
  const { find = 'imported', ...matcher } = draft.matcher;
  if (matcher.packages.length > LONG_LIST) return { imported: null, mentioned: null, [find]: draft };
  return {
    imported: { ...draft, matcher },
    mentioned: { ...draft, matcher: { ...matcher, find: 'mentioned' } },
  };
}

/** The matcher as typed, the same one until a field of it changes: a long list is not made anew for a title. */
function useMatcher(form: RuleForm): RuleMatcher | null {
  const [last, setLast] = useState(() => ({ form, matcher: matcherOf(form) }));
  if (MATCHER_FIELDS.every((name) => form[name] === last.form[name])) return last.matcher;
  const next = { form, matcher: matcherOf(form) };
  setLast(next);
  return next.matcher;
}

/** The rule as typed so far, and why it could not run, known before the server is asked. */
export function useDraft(form: RuleForm, examples: ComposerExample[]): DraftView {
  const { scope, labels, target } = form;
  const matcher = useMatcher(form);
  const narrowed = useMemo(() => scopeOf({ scope, labels }), [scope, labels]);
  const when = form.when.trim();
  const conditionProblem = useMemo(
    () => (when === '' ? undefined : (whenProblem(when) ?? undefined)),
    [when],
  );
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
  const tried = useTried(runnable, examples);
  const fine = tried.problem === undefined && conditionProblem === undefined;
  return {
    matcher,
    scope: narrowed,
    draft: fine ? draft : null,
    runnable: fine ? runnable : null,
    tried,
    problem: tried.problem,
    conditionProblem,
  };
}
