'use client';

import { Button, NumberInput, Switch } from '@mantine/core';
import type { Plan } from '#lib/mitigations/plan';
import classes from './composer.module.css';
import { planWords } from './words.ts';

type Props = {
  plan: Plan | null;
  /** What it is unless somebody says otherwise. */
  usual: Plan;
  onChange: (plan: Plan | null) => void;
  errors: Record<string, string>;
};

const NUMBERS = [
  { key: 'shadowSeconds', label: 'Shadow for', suffix: ' s', max: 604_800, none: '0 skips it' },
  { key: 'canarySeconds', label: 'Canary for', suffix: ' s', max: 604_800, none: '0 skips it' },
  { key: 'canaryInstances', label: 'Canary on instances', suffix: ' %', max: 100, none: undefined },
  { key: 'canaryRequests', label: 'Canary on requests', suffix: ' %', max: 100, none: undefined },
] as const;

/** The stages that the rule goes through after its publish. */
export function PlanFields({ plan, usual, onChange, errors }: Props) {
  const shown = plan ?? usual;
  return (
    <>
      <div className={classes.pair}>
        {NUMBERS.map(({ key, label, suffix, max, none }) => (
          <NumberInput
            key={key}
            size="xs"
            label={label}
            suffix={suffix}
            {...(none && { description: none })}
            min={0}
            max={max}
            allowDecimal={suffix === ' %'}
            value={shown[key]}
            error={errors[`plan.${key}`]}
            onChange={(value) => onChange({ ...shown, [key]: typeof value === 'number' ? value : 0 })}
          />
        ))}
      </div>
      <Switch
        size="sm"
        label="Advance by itself when a stage ends and all checks pass"
        checked={shown.autoAdvance}
        onChange={(event) => onChange({ ...shown, autoAdvance: event.currentTarget.checked })}
      />
      <p className={classes.hint}>
        Usual here: {planWords(usual)}.{' '}
        {plan !== null && (
          <Button size="compact-xs" variant="subtle" onClick={() => onChange(null)}>
            Back to the usual
          </Button>
        )}
      </p>
    </>
  );
}
