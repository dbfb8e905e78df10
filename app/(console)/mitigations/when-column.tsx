'use client';

import { explainMatcher } from '#lib/mitigations/explain';
import type { RuleDraft } from '#lib/mitigations/schema';
import type { ScopeTraffic } from '#lib/mitigations/scope-names';
import type { StrongerFold } from '#lib/mitigations/stronger-fold';
import type { RuleMatcher } from '#sdk/rule';
import classes from './composer.module.css';
import { ExampleList } from './example-list.tsx';
import { Fold } from './fold.tsx';
import { ConditionField, LookbackField, MatcherFields } from './matcher-fields.tsx';
import type { ComposerExample, RuleForm } from './rule-form.ts';
import { ScopeFields } from './scope-fields.tsx';
import type { TriedView } from './use-tried.ts';
import type { WaysCompared } from './ways-compared.ts';

type Props = {
  form: RuleForm;
  set: (change: Partial<RuleForm>) => void;
  matcher: RuleMatcher | null;
  /** Null while there is nothing that could run. */
  draft: RuleDraft | null;
  /** Why the matcher cannot run, from this page or the server. */
  problem: string | undefined;
  whenProblem: string | undefined;
  errors: Record<string, string>;
  examples: ComposerExample[];
  traffic: ScopeTraffic | null;
  of: string;
  tried: TriedView;
  fold: StrongerFold | null;
  /** Both ways of looking for packages, where both were tried. */
  ways: WaysCompared | null;
  onPhrases: () => void;
};

/** What the rule looks for and where, with the examples it is written from marked as one types. */
export function WhenColumn(props: Props) {
  const {
    form,
    set,
    matcher,
    draft,
    problem,
    whenProblem,
    errors,
    examples,
    traffic,
    of,
    tried,
    fold,
    ways,
    onPhrases,
  } = props;
  return (
    <>
      <MatcherFields form={form} set={set} problem={problem} ways={ways} />
      {matcher && !problem && matcher.kind !== 'any' && (
        <p className={classes.hint}>Looks for a text that {explainMatcher(matcher)}.</p>
      )}
      <ScopeFields form={form} set={set} errors={errors} examples={examples} traffic={traffic} />
      <Fold title="Condition" now={form.when.trim() || 'none'} wrong={whenProblem !== undefined}>
        <ConditionField form={form} set={set} error={whenProblem} />
      </Fold>
      {form.kind === 're2' && (
        <Fold
          title="In streams"
          now={
            form.lookback === ''
              ? 'holds back what the pattern needs'
              : `holds back ${form.lookback} characters`
          }
          wrong={errors['matcher.lookback'] !== undefined}
        >
          <LookbackField form={form} set={set} error={errors['matcher.lookback']} />
        </Fold>
      )}
      <ExampleList
        draft={draft}
        examples={examples}
        of={of}
        tried={tried}
        fold={fold}
        onPhrases={onPhrases}
      />
    </>
  );
}
