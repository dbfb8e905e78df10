'use client';

import { Alert, Button, Checkbox } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { attempt, refusalWords } from '#components/attempt';
import { CATEGORIES } from '#lib/interactions/schema';
import { changeCareAction } from '../actions.ts';
import classes from '../settings.module.css';

type Props = { optOuts: string[]; breakAfter: number | null; usual: number; minutes: number };

/** What somebody would rather not see, and when they want to be reminded of a pause. */
export function CareForm({ optOuts, breakAfter, usual, minutes }: Props) {
  const [error, setError] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget);
    const cap = String(form.get('breakAfter') ?? '').trim();
    const chosen = CATEGORIES.filter((category) => form.getAll('optOuts').includes(category));
    const sameChoice = CATEGORIES.every((each) => chosen.includes(each) === optOuts.includes(each));
    const wanted = cap === '' ? null : Number(cap);
    const sameCap = wanted === breakAfter;
    if (wanted !== null && !(/^\d+$/.test(cap) && wanted >= 5 && wanted <= 1_000)) {
      setProblem('Nothing was saved; what you chose is still here.');
      return setError('This must be a whole number from 5 to 1,000, or empty.');
    }
    if (sameChoice && sameCap) {
      setError(null);
      return setProblem('Nothing differs from what is saved.');
    }
    setBusy(true);
    const result = await attempt(
      changeCareAction({
        // What was not touched stays as another window may have set it.
        ...(!sameChoice && { optOuts: chosen }),
        ...(!sameCap && { breakAfter: wanted }),
      }),
    );
    setBusy(false);
    setError(result.ok ? null : (result.fields?.breakAfter ?? null));
    setProblem(result.ok ? null : refusalWords(result, 'Nothing was saved; what you chose is still here.'));
    if (result.ok) notifications.show({ message: 'Saved. It counts from your next item.' });
  }

  return (
    <form onSubmit={submit} noValidate>
      <fieldset className={classes.group}>
        <legend>Do not serve me</legend>
        <p className={classes.what}>
          Some of this is hard to read, and some of it is not your field. You are not served what you tick;
          others get it instead. You need no reason, none is kept, and a lead sees neither your choice nor
          why: the history says only that you changed something. An item you open on purpose still opens.
        </p>
        <div className={classes.checks}>
          {CATEGORIES.map((category) => (
            <Checkbox
              key={category}
              name="optOuts"
              value={category}
              label={category.replaceAll('_', ' ')}
              defaultChecked={optOuts.includes(category)}
            />
          ))}
        </div>
      </fieldset>
      <fieldset className={classes.group}>
        <legend>Pauses</legend>
        <div className={classes.sentence}>
          <label htmlFor="breakAfter">Propose a pause after</label>
          <input
            id="breakAfter"
            name="breakAfter"
            inputMode="numeric"
            autoComplete="off"
            className={classes.number}
            defaultValue={breakAfter ?? ''}
            placeholder={String(usual)}
            aria-invalid={error !== null}
            aria-describedby={error ? 'breakAfter-what breakAfter-error' : 'breakAfter-what'}
          />
          <span>items in a row.</span>
          <p id="breakAfter-what" className={classes.what}>
            Judgement wears out before one notices. Here it is {usual} for everybody; yours counts where it is
            lower. Empty takes the {usual}. {minutes} minutes without a decision are a pause, and you may put
            it off.
          </p>
          {error && (
            <p id="breakAfter-error" className={classes.error}>
              {error}
            </p>
          )}
        </div>
      </fieldset>
      {problem && (
        <Alert color="red" variant="outline" role="alert" mb={12}>
          {problem}
        </Alert>
      )}
      <Button type="submit" loading={busy}>
        Save
      </Button>
    </form>
  );
}
