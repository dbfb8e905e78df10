'use client';

import { NumberInput, Select, Textarea } from '@mantine/core';
import { DEFAULT_WORDS } from '#sdk/effects';
import type { Rule } from '#sdk/rule';
import classes from './composer.module.css';
import { type RuleForm, SAMPLING, type SamplingName, SPEAKING, type TypedBound } from './rule-form.ts';

type Action = Rule['action'];

/** Every action with what it does to the person who waits for an answer. */
const ACTION_CHOICES: readonly { value: Action; label: string; help: string }[] = [
  { value: 'block', label: 'Block the answer', help: 'Nothing is served; the user reads the words below.' },
  {
    value: 'replace',
    label: 'Serve a safe text instead',
    help: 'The whole answer becomes the text below.',
  },
  { value: 'redact', label: 'Remove the match', help: 'The rest of the answer is served.' },
  { value: 'warn', label: 'Add a warning', help: 'The answer is served with the warning below.' },
  {
    value: 'require_review',
    label: 'Let it pass and ask for review',
    help: 'Every hit comes into the review queue.',
  },
  { value: 'flag', label: 'Let it pass and flag it', help: 'It is counted and marked, nothing else.' },
  {
    value: 'drop',
    label: 'Drop that candidate',
    help: 'Of several candidates this one is not shown; the only one is blocked.',
  },
  { value: 'demote', label: 'Rank that candidate last', help: 'Only changes the order of several.' },
  {
    value: 'sampling',
    label: 'Set or cap sampling',
    help: 'Bounds the parameters before the model runs; the answer passes.',
  },
  {
    value: 'disable',
    label: 'Refuse the request',
    help: 'The model or feature is off for the scope; the user reads the words below.',
  },
];

const WORDS: Partial<Record<Action, { label: string; placeholder: string | undefined }>> = {
  block: { label: 'What the user reads (optional)', placeholder: DEFAULT_WORDS.block },
  disable: { label: 'What the user reads (optional)', placeholder: DEFAULT_WORDS.disable },
  replace: {
    label: 'Safe text',
    placeholder: 'This suggestion is being looked at; here is a safe one instead.',
  },
  warn: { label: 'Warning', placeholder: 'This code may be unsafe: it builds SQL from input.' },
};

const SAMPLING_LABELS: Record<SamplingName, { label: string; max: number; step: number; min: number }> = {
  temperature: { label: 'Temperature', min: 0, max: 2, step: 0.1 },
  topP: { label: 'top_p', min: 0, max: 1, step: 0.05 },
  candidates: { label: 'Candidates', min: 1, max: 100, step: 1 },
};

type Props = {
  form: RuleForm;
  set: (change: Partial<RuleForm>) => void;
  errors: Record<string, string>;
};

/** What happens on a hit, and the parameters that this takes. */
export function ActionFields({ form, set, errors }: Props) {
  const choice = ACTION_CHOICES.find(({ value }) => value === form.action);
  const words = SPEAKING.includes(form.action) ? WORDS[form.action] : undefined;
  return (
    <>
      <Select
        label="Action"
        description={choice?.help}
        allowDeselect={false}
        value={form.action}
        error={errors.action}
        onChange={(action) => action && set({ action: action as Action })}
        data={ACTION_CHOICES.map(({ value, label }) => ({ value, label }))}
        maxDropdownHeight={400}
      />
      {words && (
        <Textarea
          {...words}
          autosize
          minRows={1}
          maxRows={5}
          maxLength={2_000}
          value={form.words}
          error={errors['parameters.text'] ?? errors.parameters}
          onChange={(event) => set({ words: event.currentTarget.value })}
        />
      )}
      {form.action === 'sampling' && (
        <fieldset className={classes.bounds}>
          <legend>Sampling parameters</legend>
          {SAMPLING.map((name) => (
            <BoundField
              key={name}
              name={name}
              bound={form.sampling[name]}
              error={errors[`parameters.sampling.${name}`]}
              onChange={(bound) => set({ sampling: { ...form.sampling, [name]: bound } })}
            />
          ))}
          {errors['parameters.sampling'] && (
            <p className={classes.problem} role="alert">
              {errors['parameters.sampling']}
            </p>
          )}
        </fieldset>
      )}
    </>
  );
}

type BoundProps = {
  name: SamplingName;
  bound: TypedBound;
  error: string | undefined;
  onChange: (bound: TypedBound) => void;
};

function BoundField({ name, bound, error, onChange }: BoundProps) {
  const { label, ...limits } = SAMPLING_LABELS[name];
  return (
    <div className={classes.bound}>
      <Select
        size="xs"
        label={label}
        allowDeselect={false}
        value={bound.how}
        onChange={(how) => how && onChange({ ...bound, how: how as TypedBound['how'] })}
        data={[
          { value: 'leave', label: 'as it is' },
          { value: 'max', label: 'at most' },
          { value: 'set', label: 'exactly' },
        ]}
      />
      {bound.how !== 'leave' && (
        <NumberInput
          size="xs"
          label={`${label}: value`}
          {...limits}
          allowDecimal={name !== 'candidates'}
          value={bound.value}
          error={error}
          onChange={(value) => onChange({ ...bound, value: typeof value === 'number' ? value : '' })}
        />
      )}
    </div>
  );
}
