'use client';

import { useMemo } from 'react';
import { entryOf } from '#sdk/packages/entry';
import composer from '../composer.module.css';
import type { RuleForm } from '../rule-form.ts';
import { type WaysCompared, wayWords } from '../ways-compared.ts';
import classes from './packages.module.css';

type Find = RuleForm['find'];

const FINDS: readonly { value: Find; label: string; help: string }[] = [
  {
    value: 'mentioned',
    label: 'Mentioned anywhere',
    help: 'In code, commands, manifests, comments and text. Nothing slips through, but harmless talk about it matches too.',
  },
  {
    value: 'imported',
    label: 'Imported or installed',
    help: 'Only code that imports it and commands or manifests that install it. Unusual forms may slip through.',
  },
];

type Props = {
  form: RuleForm;
  set: (change: Partial<RuleForm>) => void;
  ways: WaysCompared | null;
};

/** Where the packages are looked for, and what a mention without a version does. */
export function FindChoice({ form, set, ways }: Props) {
  const { packages } = form;
  const versions = useMemo(
    () => packages?.some((item) => entryOf(item).versions !== undefined) ?? false,
    [packages],
  );
  return (
    <>
      <fieldset className={classes.choice}>
        <legend>Where to look</legend>
        {FINDS.map(({ value, label, help }) => (
          <label key={value}>
            <input
              type="radio"
              name="find"
              value={value}
              checked={form.find === value}
              onChange={() => set({ find: value, findChosen: true })}
            />
            <span>
              {label}
              <small>{help}</small>
              {ways && <small className={classes.figures}>{wayWords(ways.results[value])}</small>}
            </span>
          </label>
        ))}
        <p className={composer.hint} role="status">
          {ways ? ways.why : 'The back-test compares both and chooses, until you do.'}
        </p>
      </fieldset>
      {versions && (
        <label className={classes.check}>
          <input
            type="checkbox"
            checked={form.unversioned === 'pass'}
            onChange={(event) => set({ unversioned: event.currentTarget.checked ? 'pass' : 'hit' })}
          />
          <span>
            Allow mentions without a version
            <small className={composer.hint}>
              Off: they match, because an install without a version may bring a bad one.
            </small>
          </span>
        </label>
      )}
    </>
  );
}
