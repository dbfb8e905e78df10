'use client';

import { Checkbox, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { LIMITS, type RuleMatcher } from '#sdk/rule';
import classes from './composer.module.css';
import { PackageField } from './packages/package-field.tsx';
import { linesIn } from './phrase-lines.ts';
import type { RuleForm } from './rule-form.ts';
import type { WaysCompared } from './ways-compared.ts';

type Kind = RuleMatcher['kind'];

export const KINDS: readonly { kind: Kind; label: string; help: string }[] = [
  { kind: 'literal', label: 'Text', help: 'Exactly this text.' },
  { kind: 're2', label: 'Pattern', help: 'A regular expression in RE2: linear time on any text.' },
  { kind: 'imports', label: 'Packages', help: 'Code that imports or installs one of these packages.' },
  {
    kind: 'phrases',
    label: 'Phrases',
    help: 'Any of these phrases, whatever the capitals, invisible characters and spaces in between.',
  },
  { kind: 'shape', label: 'Code shape', help: 'Code of this shape, however it is laid out or commented.' },
  { kind: 'any', label: 'Everything', help: 'Everything within the scope: to switch off or to bound.' },
];

/** The key that chooses phrases. */
export const PHRASES_KEY = String(KINDS.findIndex(({ kind }) => kind === 'phrases') + 1);

/** Languages with a parser; the server says so of any other. */
const SHAPE_LANGUAGES = ['python', 'javascript', 'typescript', 'go', 'java', 'c', 'rust', 'html', 'css'];

type Props = {
  form: RuleForm;
  set: (change: Partial<RuleForm>) => void;
  /** Why the matcher cannot run, from this page or the server. */
  problem: string | undefined;
  ways: WaysCompared | null;
};

/** What to look for: the kind, and the one or two fields it has. */
export function MatcherFields({ form, set, problem, ways }: Props) {
  return (
    <>
      <fieldset className={classes.kinds}>
        <legend className="spoken">What to look for</legend>
        {KINDS.map(({ kind, label }) => (
          <label key={kind} className={classes.kind}>
            <input
              type="radio"
              name="kind"
              value={kind}
              checked={form.kind === kind}
              onChange={() => set({ kind })}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <KindFields form={form} set={set} problem={problem} ways={ways} />
    </>
  );
}

function KindFields({ form, set, problem, ways }: Props) {
  const help = KINDS.find(({ kind }) => kind === form.kind)?.help;
  const area = {
    description: help,
    error: problem,
    autosize: true,
    minRows: 2,
    maxRows: 6,
    classNames: { input: classes.mono },
    spellCheck: false,
  };
  switch (form.kind) {
    case 're2':
      return (
        <>
          <Textarea
            {...area}
            label="Pattern"
            value={form.pattern}
            maxLength={LIMITS.patternLength}
            onChange={(event) => set({ pattern: event.currentTarget.value })}
          />
          <Capitals form={form} set={set} />
        </>
      );
    case 'literal':
      return (
        <>
          <Textarea
            {...area}
            label="Text"
            value={form.text}
            maxLength={LIMITS.patternLength}
            onChange={(event) => set({ text: event.currentTarget.value })}
          />
          <Capitals form={form} set={set} />
        </>
      );
    case 'imports':
      return <PackageField form={form} set={set} problem={problem} ways={ways} />;
    case 'phrases':
      return (
        <Textarea
          {...area}
          autosize={false}
          rows={5}
          label="Phrases"
          description={`${help} ${counted(linesIn(form.phrases).length, 'phrase')}, one a line.`}
          value={form.phrases}
          onChange={(event) => set({ phrases: event.currentTarget.value })}
        />
      );
    case 'shape':
      return (
        <>
          <Select
            label="Language of the code"
            placeholder="choose one"
            value={form.language || null}
            data={SHAPE_LANGUAGES}
            onChange={(language) => set({ language: language ?? '' })}
          />
          <Textarea
            {...area}
            label="Code shape"
            description={`${help} $NAME stands for any one part, $$$ for any number.`}
            placeholder="subprocess.run($CMD, shell=True)"
            value={form.shape}
            maxLength={LIMITS.patternLength}
            onChange={(event) => set({ shape: event.currentTarget.value })}
          />
        </>
      );
    case 'any':
      return <p className={classes.hint}>{help}</p>;
  }
}

function Capitals({ form, set }: Omit<Props, 'problem' | 'ways'>) {
  return (
    <Checkbox
      label="Capitals do not matter"
      checked={form.ignoreCase}
      onChange={(event) => set({ ignoreCase: event.currentTarget.checked })}
    />
  );
}

/** How long a stream waits for a match of a pattern that has no end of its own. */
export function LookbackField({
  form,
  set,
  error,
}: Omit<Props, 'problem' | 'ways'> & { error: string | undefined }) {
  return (
    <NumberInput
      size="xs"
      label="Characters that a stream holds back"
      description={`Only where the pattern has no end of its own; ${LIMITS.lookback} unless given.`}
      value={form.lookback}
      min={1}
      max={LIMITS.lookbackMax}
      allowDecimal={false}
      error={error}
      onChange={(value) => set({ lookback: typeof value === 'number' ? value : '' })}
    />
  );
}

const CONDITIONS = [
  'feature == "agent-mode"',
  'model.startsWith("codex-") && version != "2026.9"',
  'completion_length > 2000',
  'temperature > 0.8 || candidates > 4',
  'labels.region == "eu"',
];

type ConditionProps = Omit<Props, 'problem' | 'ways'> & { error: string | undefined };

/** An optional condition over what is known of the request; wrong ones are said under the field at once. */
export function ConditionField({ form, set, error }: ConditionProps) {
  return (
    <div>
      <TextInput
        size="xs"
        label="Only when (CEL)"
        description="Over model, version, tenant, tier, language, surface, feature, labels, prompt_length, completion_length, temperature, top_p, candidates."
        placeholder='feature == "agent-mode"'
        value={form.when}
        maxLength={LIMITS.whenLength}
        error={error}
        classNames={{ input: classes.mono }}
        spellCheck={false}
        onChange={(event) => set({ when: event.currentTarget.value })}
      />
      <p className={classes.hint}>Examples, a click fills one in:</p>
      <div className={classes.chips}>
        {CONDITIONS.map((when) => (
          <button key={when} type="button" className={classes.chip} onClick={() => set({ when })}>
            {when}
          </button>
        ))}
      </div>
    </div>
  );
}

function counted(count: number, one: string): string {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
}
