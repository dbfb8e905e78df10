'use client';

import { NumberInput, Select, TextInput } from '@mantine/core';
import type { Plan } from '#lib/mitigations/plan';
import { durationLabel, minuteLabel } from '#lib/time';
import { FAIL_MODES, type FailMode } from '#sdk/rule';
import { ActionFields } from './action-fields.tsx';
import { EndsIfPublished } from './ends-if-published.tsx';
import { Fold } from './fold.tsx';
import { PlanFields } from './plan-fields.tsx';
import type { RuleForm } from './rule-form.ts';
import { failModeWords, failWords, planWords } from './words.ts';

const ENDS = [
  { value: '15', label: '15 minutes' },
  { value: '30', label: '30 minutes' },
  { value: '60', label: '1 hour' },
  { value: '240', label: '4 hours' },
  { value: '1440', label: '1 day' },
  { value: '10080', label: '7 days' },
  { value: '43200', label: '30 days' },
];

const BEGINS = [
  { value: '0', label: 'as soon as it is published' },
  ...ENDS.flatMap(({ value, label }) => (Number(value) <= 1_440 ? [{ value, label: `in ${label}` }] : [])),
];

const FAILS = FAIL_MODES.map((value) => ({ value, label: failModeWords(value) }));

type Props = {
  form: RuleForm;
  set: (change: Partial<RuleForm>) => void;
  errors: Record<string, string>;
  /** The stages it has unless somebody says otherwise. */
  usual: Plan;
  /** When the edited rule begins and ends now. */
  edit: { startsAt: string | null; expiresAt: string; lifeMinutes: number | null } | undefined;
};

/** What the rule does where it hits, how it gets out there and when it ends. */
export function ThenColumn({ form, set, errors, usual, edit }: Props) {
  const life = form.minutes === '' ? (edit?.lifeMinutes ?? null) : Number(form.minutes);
  const begins = edit?.startsAt
    ? [{ value: '', label: `as it is: ${minuteLabel(edit.startsAt)}` }, ...BEGINS]
    : BEGINS;
  const wrong = (prefix: string) => Object.keys(errors).some((field) => field.startsWith(prefix));
  return (
    <>
      <TextInput
        label="What it stops"
        required
        value={form.title}
        error={errors.title}
        maxLength={200}
        onChange={(event) => set({ title: event.currentTarget.value })}
      />
      <ActionFields form={form} set={set} errors={errors} />
      <Select
        label="Looked for in"
        allowDeselect={false}
        value={form.target}
        error={errors.target}
        onChange={(target) => target && set({ target: target as RuleForm['target'] })}
        data={[
          { value: 'completion', label: 'the completion' },
          { value: 'prompt', label: 'the prompt' },
          { value: 'both', label: 'prompt or completion' },
        ]}
      />
      <Select
        label="Mode"
        allowDeselect={false}
        value={form.mode}
        onChange={(mode) => mode && set({ mode: mode as RuleForm['mode'] })}
        data={[
          { value: 'enforce', label: 'Enforce, stage by stage' },
          { value: 'shadow', label: 'Shadow: count only, never more' },
        ]}
      />
      <Select
        label="Ends"
        description={<EndsIfPublished lifeMinutes={life} expiresAt={edit?.expiresAt ?? ''} />}
        allowDeselect={false}
        value={form.minutes}
        error={errors.expiresAt ?? errors.expiresInMinutes}
        onChange={(minutes) => minutes !== null && set({ minutes })}
        data={
          edit
            ? [
                {
                  value: '',
                  label: `as it is: ${edit.lifeMinutes === null ? minuteLabel(edit.expiresAt) : durationLabel(edit.lifeMinutes * 60_000)}`,
                },
                ...ENDS,
              ]
            : ENDS
        }
      />
      <div>
        <Fold
          title="Begins"
          now={begins.find(({ value }) => value === form.begins)?.label ?? ''}
          wrong={wrong('startsAt')}
        >
          <Select
            size="xs"
            label="Begins"
            description="Before that no instance looks at it."
            allowDeselect={false}
            value={form.begins}
            error={errors.startsAt}
            onChange={(value) => value !== null && set({ begins: value })}
            data={begins}
          />
        </Fold>
        {form.mode === 'enforce' && (
          <Fold title="Rollout" now={planWords(form.plan ?? usual)} wrong={wrong('plan')}>
            <PlanFields
              plan={form.plan}
              usual={usual}
              errors={errors}
              onChange={(changed) => set({ plan: changed })}
            />
          </Fold>
        )}
        <Fold title="If the rule fails" now={failWords(form.fail)} wrong={wrong('fail')}>
          <Select
            size="xs"
            label="When the rule fails on a text"
            description="The rule threw an error or ran out of time."
            allowDeselect={false}
            value={form.fail.onError}
            data={FAILS}
            onChange={(mode) => mode && set({ fail: { ...form.fail, onError: mode as FailMode } })}
          />
          <Select
            size="xs"
            label="When the instance is cut off for too long"
            description="Applies to texts that do not match. Matches are still acted on."
            allowDeselect={false}
            value={form.fail.onStale}
            data={FAILS}
            onChange={(mode) => mode && set({ fail: { ...form.fail, onStale: mode as FailMode } })}
          />
        </Fold>
        <Fold title="Back for review" now={`${form.samplePercent} % of the hits`} wrong={wrong('sample')}>
          <NumberInput
            size="xs"
            label="Hits that come back into the queue"
            description="Reviewers decide them, and the rule’s page shows how often it was right."
            suffix=" %"
            min={0}
            max={100}
            value={form.samplePercent}
            error={errors.sample}
            onChange={(value) => set({ samplePercent: typeof value === 'number' ? value : 0 })}
          />
        </Fold>
      </div>
    </>
  );
}
