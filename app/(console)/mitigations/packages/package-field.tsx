'use client';

import { memo, useEffect } from 'react';
import { itemsOf } from '#lib/package-lists/merge';
import classes from '../composer.module.css';
import type { RuleForm } from '../rule-form.ts';
import type { WaysCompared } from '../ways-compared.ts';
import { FindChoice } from './find-choice.tsx';
import { PackagePreview } from './package-preview.tsx';
import { PackageText } from './package-text.tsx';
import { packagesAtOnce, useReading } from './use-reading.ts';

type Props = {
  form: RuleForm;
  set: (change: Partial<RuleForm>) => void;
  /** Why the matcher cannot run. */
  problem: string | undefined;
  ways: WaysCompared | null;
};

/**
 * The packages of a rule: a box to paste any list into, what was read in it, and where they are looked for. Left alone
 * while another field is typed in: a box of megabytes is slow to compare.
 */
export const PackageField = memo(Packages, isSame);

function isSame(before: Props, now: Props): boolean {
  return (
    (['packageText', 'packages', 'find', 'unversioned'] as const).every(
      (name) => before.form[name] === now.form[name],
    ) &&
    (['set', 'problem', 'ways'] as const).every((name) => before[name] === now[name]) &&
    before.form.scope.languages === now.form.scope.languages
  );
}

function Packages({ form, set, problem, ways }: Props) {
  const { reading, failed } = useReading(form.packageText);

  useEffect(() => {
    if (reading && form.packages === null) set({ packages: itemsOf(reading.packages) });
  }, [reading, form.packages, set]);

  return (
    <>
      {/* What was typed is not kept as packages before it is read. */}
      <PackageText
        text={form.packageText}
        problem={problem}
        onText={(text) => set({ packageText: text, packages: packagesAtOnce(text) })}
      />
      {failed ? (
        <p role="alert" className={classes.problem}>
          The list could not be read. Paste a part of it.
        </p>
      ) : (
        <PackagePreview
          reading={reading}
          language={form.scope.languages.length === 1 ? form.scope.languages[0] : undefined}
        />
      )}
      <FindChoice form={form} set={set} ways={ways} />
    </>
  );
}
