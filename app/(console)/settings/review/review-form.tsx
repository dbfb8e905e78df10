'use client';

import { Alert, Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { attempt, refusalWords } from '#components/attempt';
import type { ReviewSettings } from '#lib/settings/schema';
import { changeReviewSettingsAction } from '../actions.ts';
import classes from '../settings.module.css';
import { GROUPS, type SettingsField } from './fields.ts';
import type { settingsLimits } from './limits.ts';
import { Sentence } from './sentence.tsx';
import { read, shown, standardWords, type Typed } from './typed.ts';

type Name = keyof ReviewSettings;
type Props = { settings: ReviewSettings; limits: ReturnType<typeof settingsLimits>; mayChange: boolean };

/** Only what is typed is kept here: every other field shows, and stays, what is saved. */
export function ReviewForm({ settings, limits, mayChange }: Props) {
  const [edits, setEdits] = useState<Partial<Record<Name, Typed>>>({});
  const [errors, setErrors] = useState<Partial<Record<string, string>>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const saved = ({ name, kind }: SettingsField) => shown(kind, settings[name]);
  const typed = (field: SettingsField) => edits[field.name] ?? saved(field);
  const differs = (field: SettingsField) => JSON.stringify(typed(field)) !== JSON.stringify(saved(field));
  const changed = GROUPS.flatMap(({ fields }) => fields.filter(differs));

  function type({ name }: SettingsField, value: Typed) {
    setEdits((before) => ({ ...before, [name]: value }));
    setErrors((before) => ({ ...before, [name]: undefined }));
  }

  function forget() {
    setEdits({});
    setErrors({});
    setProblem(null);
  }

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    if (changed.length === 0) return setProblem('Nothing differs from what is saved.');
    const input: Record<string, unknown> = {};
    const wrong: Record<string, string> = {};
    for (const field of changed) {
      const answer = read(field, typed(field), limits[field.name]);
      if ('wrong' in answer) wrong[field.name] = answer.wrong;
      else input[field.name] = answer.value;
    }
    setErrors(wrong);
    const first = Object.keys(wrong)[0];
    if (first) {
      setProblem('Nothing was saved; what you typed is still here. See the marked fields.');
      document.getElementById(first)?.focus();
      return;
    }
    setBusy(true);
    const result = await attempt(changeReviewSettingsAction(input));
    setBusy(false);
    if (!result.ok) {
      setProblem(refusalWords(result, 'Nothing was saved; what you typed is still here.'));
      setErrors(result.fields ?? {});
      return;
    }
    forget();
    notifications.show({ message: 'Saved. It counts from the next claim or decision.' });
  }

  return (
    <form onSubmit={submit} noValidate>
      {GROUPS.map((group) => (
        <fieldset key={group.title} className={classes.group} disabled={!mayChange}>
          <legend>{group.title}</legend>
          {group.fields.map((field) => (
            <Sentence
              key={field.name}
              field={field}
              typed={typed(field)}
              was={differs(field) ? standardWords(field.kind, settings[field.name]) : null}
              error={errors[field.name]}
              onType={(value) => type(field, value)}
            />
          ))}
        </fieldset>
      ))}
      {problem && (
        <Alert color="red" variant="outline" role="alert" mb={12}>
          {problem}
        </Alert>
      )}
      {mayChange && (
        <div className={classes.save}>
          <Button type="submit" loading={busy}>
            {changed.length < 2 ? 'Save' : `Save ${changed.length} changes`}
          </Button>
          {changed.length > 0 && (
            <Button variant="default" onClick={forget} disabled={busy}>
              Put back
            </Button>
          )}
          <span className={classes.note}>
            Only what you changed is sent; the rest stays as others left it.
          </span>
        </div>
      )}
    </form>
  );
}
