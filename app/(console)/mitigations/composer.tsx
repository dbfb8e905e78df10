'use client';

import { Button, Select, TextInput } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { type FormEvent, useMemo, useState } from 'react';
import { riskOf } from '#lib/mitigations/risk';
import { compileTrial } from '#lib/mitigations/trial';
import { draftMitigationAction, editMitigationAction } from './actions.ts';
import { BacktestPanel } from './backtest-panel.tsx';
import classes from './mitigations.module.css';
import { type ComposerExample, matcherOf, type RuleForm, scopeOf } from './rule-form.ts';
import { useBacktest } from './use-backtest.ts';
import { WhenColumn } from './when-column.tsx';

type Props = {
  incident: string;
  initial: RuleForm;
  examples: ComposerExample[];
  /** Set when a rule is edited instead of written. */
  edit?: { ref: string; version: number; endsAt: string };
};

const ENDS = [
  { value: '15', label: 'in 15 minutes' },
  { value: '60', label: 'in 1 hour' },
  { value: '240', label: 'in 4 hours' },
  { value: '1440', label: 'in 1 day' },
  { value: '10080', label: 'in 7 days' },
  { value: '43200', label: 'in 30 days' },
];

const NO_DRAFT = 'Say first what to look for.';

/** A rule as a sentence in three columns: when, then, and what it would have done. */
export function Composer({ incident, initial, examples, edit }: Props) {
  const router = useRouter();
  const [form, setForm] = useState(initial);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [message, setMessage] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);

  const matcher = useMemo(() => matcherOf(form), [form]);
  const scope = useMemo(() => scopeOf(form), [form]);
  const draft = useMemo(
    () => matcher && { scope, matcher, target: form.target },
    [scope, matcher, form.target],
  );
  const problem = useMemo(() => {
    try {
      if (draft) compileTrial(draft);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }, [draft]);
  const view = useBacktest(problem ? null : draft, incident);
  const risk = view.result && riskOf({ scope, mode: form.mode, action: form.action }, view.result);
  const matcherError = Object.entries(errors).find(([field]) => field.startsWith('matcher'))?.[1];

  function set(change: Partial<RuleForm>) {
    setForm((before) => ({ ...before, ...change }));
    setErrors({});
    setMessage(null);
  }

  async function save(event: FormEvent) {
    event.preventDefault();
    if (!draft) return setMessage(NO_DRAFT);
    setSaving(true);
    const { title, action, mode, minutes } = form;
    const ends = minutes === '' ? {} : { expiresInMinutes: Number(minutes) };
    const content = { title, ...draft, action, mode, ...ends };
    try {
      const answer = edit
        ? await editMitigationAction({ mitigation: edit.ref, version: edit.version, ...content })
        : await draftMitigationAction({ incident, ...content });
      if (answer.ok) return router.push(`/mitigations/${answer.data.ref}`);
      setErrors(answer.fields ?? {});
      setMessage(answer.message);
    } catch {
      setMessage('The server could not be reached. What you wrote is still here; try again.');
    }
    setSaving(false);
  }

  return (
    <form onSubmit={save} className={classes.composer}>
      <section className={classes.column} aria-labelledby="when">
        <h2 id="when">When</h2>
        <WhenColumn
          form={form}
          set={set}
          matcher={matcher}
          scope={scope}
          problem={problem ?? matcherError}
          errors={errors}
          examples={examples}
        />
      </section>
      <section className={classes.column} aria-labelledby="then">
        <h2 id="then">Then</h2>
        <TextInput
          label="What it stops"
          required
          value={form.title}
          error={errors.title}
          maxLength={200}
          onChange={(event) => set({ title: event.currentTarget.value })}
        />
        <Select
          label="Action"
          allowDeselect={false}
          value={form.action}
          onChange={(action) => action && set({ action: action as RuleForm['action'] })}
          data={[
            { value: 'block', label: 'Block the answer' },
            { value: 'redact', label: 'Remove the match' },
            { value: 'flag', label: 'Let it pass and flag it' },
          ]}
        />
        <Select
          label="Looked for in"
          allowDeselect={false}
          value={form.target}
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
            { value: 'enforce', label: 'Enforce' },
            { value: 'shadow', label: 'Shadow: count only' },
          ]}
        />
        <Select
          label="Ends"
          allowDeselect={false}
          value={form.minutes}
          error={errors.expiresAt ?? errors.expiresInMinutes}
          onChange={(minutes) => minutes !== null && set({ minutes })}
          data={edit ? [{ value: '', label: `as it is: ${edit.endsAt}` }, ...ENDS] : ENDS}
        />
      </section>
      <section className={classes.column} aria-labelledby="did">
        <h2 id="did">What it would have done</h2>
        <BacktestPanel {...view} />
      </section>
      <footer className={classes.gate}>
        <div className={classes.gateWords}>
          {message && (
            <p role="alert" className={classes.problem}>
              {message}
            </p>
          )}
          <p data-risk={risk?.level} className={classes.risk}>
            {risk ? `Risk ${risk.level}. ${risk.words}` : 'The risk is known once the rule has been tried.'}
          </p>
          <p className={classes.hint}>
            Somebody other than you must approve it before it goes out; breaking glass ends it within the
            hour.
          </p>
        </div>
        <Button type="submit" loading={saving}>
          {edit ? `Save version ${edit.version + 1}` : 'Save draft'}
        </Button>
      </footer>
    </form>
  );
}
