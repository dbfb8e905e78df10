'use client';

import { useMemo } from 'react';
import { entryOf } from '#sdk/packages/entry';
import composer from '../composer.module.css';
import type { RuleForm } from '../rule-form.ts';
import classes from './packages.module.css';

type Find = RuleForm['find'];

const FINDS: readonly { value: Find; label: string; help: string }[] = [
  {
    value: 'mentioned',
    label: 'Mentioned anywhere',
    help: 'Code, commands, manifests, comments, text. Nothing slips through; harmless talk about the package is hit too.',
  },
  {
    value: 'imported',
    label: 'Imported or installed',
    help: 'Only code that imports it and commands or manifests that install it. Forms that no reader knows slip through.',
  },
];

type Props = { form: RuleForm; set: (change: Partial<RuleForm>) => void };

/** Where the packages are looked for, and what a mention without a version does. */
export function FindChoice({ form, set }: Props) {
  const { packages } = form;
  const versions = useMemo(
    () => packages?.some((item) => entryOf(item).versions !== undefined) ?? false,
    [packages],
  );
  return (
    <>
      <fieldset className={classes.choice}>
        <legend>Where they are looked for</legend>
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
            </span>
          </label>
        ))}
      </fieldset>
      {versions && (
        <label className={classes.check}>
          <input
            type="checkbox"
            checked={form.unversioned === 'pass'}
            onChange={(event) => set({ unversioned: event.currentTarget.checked ? 'pass' : 'hit' })}
          />
          <span>
            Let a mention without a version pass
            <small className={composer.hint}>
              Left off, such a mention is hit: an install without a version may bring a bad one.
            </small>
          </span>
        </label>
      )}
    </>
  );
}
