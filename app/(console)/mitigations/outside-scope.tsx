'use client';

import { Button } from '@mantine/core';
import { Visible } from '#components/diff/visible';
import { Keys } from '#components/shell/shortcuts';
import type { Outside } from '#lib/mitigations/backtest-outside';
import { listWords } from '#lib/mitigations/explain';
import { oddCharacters } from '#lib/mitigations/look-alike';
import classes from './composer.module.css';
import type { RuleForm } from './rule-form.ts';
import { FIELD_WORDS } from './words.ts';

type Props = { outside: Outside | null; onTakeIn?: ((outside: Outside) => void) | undefined };

/** What the same matcher finds where the scope does not reach, and one press that takes it in. */
export function OutsideScope({ outside, onTakeIn }: Props) {
  if (!outside || outside.hits === 0) return null;
  return (
    <div role="status">
      <p className={classes.risk} data-risk="raised">
        <Visible text={outsideWords(outside)} />
      </p>
      {onTakeIn && outside.missing.length > 0 && (
        <Button
          size="compact-sm"
          variant="default"
          rightSection={<Keys keys="i" />}
          onClick={() => onTakeIn(outside)}
        >
          Take them in
        </Button>
      )}
    </div>
  );
}

/** "The scope leaves out 361 more that it would hit: language javascript (200), typescript (161)." */
function outsideWords({ hits, missing }: Outside): string {
  const lists = missing.map(
    ({ field, values }) =>
      `${FIELD_WORDS[field]} ${listWords(
        values.map(({ value, hits: each }) => {
          const odd = oddCharacters(value);
          return `${value} (${odd ? `${odd}; ` : ''}${each.toLocaleString('en')})`;
        }),
        5,
      )}`,
  );
  const where = lists.length > 0 ? `: ${lists.join('; ')}` : '';
  return `The scope leaves out ${hits.toLocaleString('en')} more that this would hit${where}.`;
}

/** The scope with everything in it that was found outside. */
export function takenIn(scope: RuleForm['scope'], { missing }: Outside): RuleForm['scope'] {
  const added = missing.map(({ field, values }) => [
    field,
    [...scope[field], ...values.map(({ value }) => value)],
  ]);
  return { ...scope, ...Object.fromEntries(added) };
}
