'use client';

import { Checkbox, SegmentedControl, TagsInput, Textarea } from '@mantine/core';
import { useDeferredValue, useMemo } from 'react';
import { excerptAround } from '#lib/mitigations/excerpt';
import { explainMatcher } from '#lib/mitigations/explain';
import { compileTrial } from '#lib/mitigations/trial';
import type { RuleMatcher, RuleScope } from '#sdk/rule';
import { MarkedText } from './marked-text.tsx';
import classes from './mitigations.module.css';
import { type ComposerExample, knownValues, type RuleForm } from './rule-form.ts';

const SHOWN = 6;
const AROUND = 120;

export type WhenProps = {
  form: RuleForm;
  set: (change: Partial<RuleForm>) => void;
  matcher: RuleMatcher | null;
  scope: RuleScope;
  /** Why the matcher cannot run, from this page or the server. */
  problem: string | undefined;
  errors: Record<string, string>;
  examples: ComposerExample[];
};

const SCOPES: { key: keyof RuleForm['scope']; label: string }[] = [
  { key: 'languages', label: 'Languages' },
  { key: 'models', label: 'Models' },
  { key: 'versions', label: 'Model versions' },
  { key: 'surfaces', label: 'Surfaces' },
  { key: 'tenants', label: 'Tenants' },
  { key: 'tiers', label: 'Tiers' },
];

/** What the rule looks for and where, with the incident's own examples marked as one types. */
export function WhenColumn({ form, set, matcher, scope, problem, errors, examples }: WhenProps) {
  const known = useMemo(() => knownValues(examples), [examples]);
  return (
    <>
      <SegmentedControl
        fullWidth
        aria-label="What to look for"
        value={form.kind}
        onChange={(kind) => set({ kind: kind as RuleForm['kind'] })}
        data={[
          { value: 'literal', label: 'Text' },
          { value: 're2', label: 'RE2 pattern' },
          { value: 'imports', label: 'Packages' },
        ]}
      />
      {form.kind === 're2' && (
        <Textarea
          label="Pattern (RE2)"
          autosize
          minRows={2}
          maxRows={6}
          value={form.pattern}
          error={problem}
          onChange={(event) => set({ pattern: event.currentTarget.value })}
          classNames={{ input: classes.mono }}
          spellCheck={false}
        />
      )}
      {form.kind === 'literal' && (
        <Textarea
          label="Text"
          autosize
          minRows={2}
          maxRows={6}
          value={form.text}
          error={problem}
          onChange={(event) => set({ text: event.currentTarget.value })}
          classNames={{ input: classes.mono }}
          spellCheck={false}
        />
      )}
      {form.kind === 'imports' && (
        <TagsInput
          label="Packages"
          description="Names as the registry spells them; Enter adds one"
          value={form.packages}
          error={problem}
          onChange={(packages) => set({ packages })}
          acceptValueOnBlur
        />
      )}
      {form.kind !== 'imports' && (
        <Checkbox
          label="Capitals do not matter"
          checked={form.ignoreCase}
          onChange={(event) => set({ ignoreCase: event.currentTarget.checked })}
        />
      )}
      {matcher && !problem && (
        <p className={classes.hint}>Looks for a text that {explainMatcher(matcher)}.</p>
      )}
      <fieldset className={classes.scope}>
        <legend>Only for (empty: everywhere)</legend>
        {SCOPES.map(({ key, label }) => (
          <TagsInput
            key={key}
            size="xs"
            label={label}
            value={form.scope[key]}
            data={known[key]}
            error={errors[`scope.${key}`]}
            onChange={(values) => set({ scope: { ...form.scope, [key]: values } })}
            acceptValueOnBlur
          />
        ))}
        <TagsInput
          size="xs"
          label="Instance labels"
          placeholder="region=eu"
          value={form.labels}
          error={errors['scope.labels']}
          onChange={(labels) => set({ labels: labels.filter((label) => label.indexOf('=') > 0) })}
          acceptValueOnBlur
        />
      </fieldset>
      <ExampleList matcher={matcher} problem={problem} form={form} scope={scope} examples={examples} />
    </>
  );
}

type ExampleListProps = Pick<WhenProps, 'matcher' | 'problem' | 'form' | 'scope' | 'examples'>;

function ExampleList({ matcher, problem, form, scope, examples }: ExampleListProps) {
  const draft = useDeferredValue(
    matcher && !problem ? JSON.stringify({ matcher, scope, target: form.target }) : null,
  );
  const tried = useMemo(() => {
    const trial = draft === null ? null : compileTrial(JSON.parse(draft));
    return examples.map((example) => ({ example, hit: trial?.spans(example)[0] }));
  }, [draft, examples]);
  const caught = tried.filter(({ hit }) => hit).length;
  const target = form.target === 'prompt' ? 'prompt' : 'completion';
  return (
    <section aria-label="The incident’s examples">
      <p className={classes.hint}>
        {examples.length === 0
          ? 'Nothing is linked to this incident yet.'
          : `Hits ${caught} of the ${examples.length} examples shown here; those it misses come first.`}
      </p>
      <ul className={classes.examples}>
        {[...tried]
          .sort((a, b) => Number(Boolean(a.hit)) - Number(Boolean(b.hit)))
          .slice(0, SHOWN)
          .map(({ example, hit }) => {
            const text = example[hit?.target ?? target] || example.prompt;
            const excerpt = excerptAround(text, hit?.spans ?? [], AROUND);
            return (
              <li key={example.id}>
                <p className={classes.exampleHead}>
                  <strong>{hit ? '✓ hit' : '– missed'}</strong> · {example.language} · {example.modelName}
                </p>
                <MarkedText text={excerpt.text} spans={excerpt.spans} />
              </li>
            );
          })}
      </ul>
    </section>
  );
}
