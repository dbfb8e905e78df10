'use client';

import { Alert, Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { attempt } from '#components/attempt';
import { VERDICTS } from '#lib/reviews/schema';
import type { ReviewSettings } from '#lib/settings/schema';
import { changeReviewSettingsAction } from '../actions.ts';
import classes from '../settings.module.css';
import { GROUPS, type SettingsField } from './fields.ts';

type Props = { settings: ReviewSettings; mayChange: boolean };

/** What the form says of one field, in the shape of the settings. */
function given(form: FormData, { name, kind }: SettingsField): unknown {
  const text = String(form.get(name) ?? '').trim();
  if (kind === 'yes') return form.has(name);
  if (kind === 'verdicts') return VERDICTS.filter((verdict) => form.getAll(name).includes(verdict));
  if (kind === 'days' && text === '') return null;
  if (text === '') return Number.NaN;
  return kind === 'percent' ? Math.round(Number(text) * 1_000) / 100_000 : Number(text);
}

export function ReviewForm({ settings, mayChange }: Props) {
  const [fields, setFields] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const element = event.currentTarget;
    const form = new FormData(element);
    const entries = GROUPS.flatMap((group) => group.fields).map(
      (field) => [field.name, given(form, field)] as const,
    );
    const missing = entries.filter(([, value]) => Number.isNaN(value)).map(([name]) => [name, 'is needed']);
    const changed = entries.filter(
      ([name, value]) => JSON.stringify(settings[name]) !== JSON.stringify(value),
    );
    setFields(Object.fromEntries(missing));
    if (missing.length > 0) return setProblem('Nothing was saved: a number is missing.');
    if (changed.length === 0) return setProblem('Nothing differs from what is saved.');
    setBusy(true);
    const result = await attempt(changeReviewSettingsAction(Object.fromEntries(changed)));
    setBusy(false);
    setProblem(result.ok ? null : `${result.message} Nothing was saved; what you typed is still here.`);
    setFields(result.ok ? {} : (result.fields ?? {}));
    if (result.ok) notifications.show({ message: 'Saved. It counts from the next claim or decision.' });
  }

  return (
    <form onSubmit={submit} noValidate>
      {GROUPS.map((group) => (
        <fieldset key={group.title} className={classes.group} disabled={!mayChange}>
          <legend>{group.title}</legend>
          {group.fields.map((field) => (
            <Sentence key={field.name} field={field} settings={settings} error={fields[field.name]} />
          ))}
        </fieldset>
      ))}
      {problem && (
        <Alert color="red" variant="outline" role="alert" mb={12}>
          {problem}
        </Alert>
      )}
      {mayChange && (
        <Button type="submit" loading={busy}>
          Save
        </Button>
      )}
    </form>
  );
}

type SentenceProps = { field: SettingsField; settings: ReviewSettings; error: string | undefined };

function Sentence({ field, settings, error }: SentenceProps) {
  const { name, kind, before, after, what } = field;
  const value = settings[name];
  const described = `${name}-what${error ? ` ${name}-error` : ''}`;
  return (
    <div className={classes.sentence}>
      {kind === 'yes' ? (
        <label>
          <input type="checkbox" name={name} defaultChecked={value === true} aria-describedby={described} />{' '}
          {before}
        </label>
      ) : kind === 'verdicts' ? (
        <>
          <span id={`${name}-label`}>{before}</span>
          {VERDICTS.map((verdict) => (
            <label key={verdict}>
              <input
                type="checkbox"
                name={name}
                value={verdict}
                defaultChecked={Array.isArray(value) && value.some((each) => each === verdict)}
                aria-describedby={`${name}-label ${described}`}
              />{' '}
              {verdict}
            </label>
          ))}
        </>
      ) : (
        <>
          <label htmlFor={name}>{before}</label>
          <input
            id={name}
            name={name}
            inputMode="decimal"
            autoComplete="off"
            className={classes.number}
            defaultValue={shown(kind, value)}
            aria-invalid={error !== undefined}
            aria-describedby={described}
          />
          <span>{after}</span>
        </>
      )}
      <p id={`${name}-what`} className={classes.what}>
        {what}
      </p>
      {error && (
        <p id={`${name}-error`} className={classes.error}>
          {error}
        </p>
      )}
    </div>
  );
}

function shown(kind: SettingsField['kind'], value: unknown): string {
  if (typeof value !== 'number') return '';
  return String(kind === 'percent' ? Math.round(value * 100_000) / 1_000 : value);
}
