'use client';

import { Pill, TagsInput } from '@mantine/core';
import { useMemo } from 'react';
import type { ScopeTraffic as Traffic } from '#lib/mitigations/scope-names';
import { SURFACES } from '#sdk/rule';
import classes from './composer.module.css';
import { Fold } from './fold.tsx';
import { type ComposerExample, knownValues, type RuleForm } from './rule-form.ts';
import { ScopeName } from './scope-name.tsx';
import { ScopeTraffic } from './scope-traffic.tsx';
import { fieldError, withName } from './scope-words.ts';

type Name = keyof RuleForm['scope'];
type Field = { key: Name; label: string };

const FIRST: readonly Field[] = [
  { key: 'languages', label: 'Languages' },
  { key: 'models', label: 'Models' },
  { key: 'surfaces', label: 'Surfaces' },
];
const MORE: readonly Field[] = [
  { key: 'versions', label: 'Model versions' },
  { key: 'tenants', label: 'Tenants' },
  { key: 'tiers', label: 'Tiers' },
  { key: 'features', label: 'Features' },
];

type Props = {
  form: RuleForm;
  set: (change: Partial<RuleForm>) => void;
  errors: Record<string, string>;
  examples: ComposerExample[];
  /** What the last day's traffic says of the scope; null before it is known. */
  traffic: Traffic | null;
};

/** Who the rule is for: the three that matter most, and the others one click away. */
export function ScopeFields({ form, set, errors, examples, traffic }: Props) {
  const known = useMemo(() => ({ ...knownValues(examples), surfaces: [...SURFACES] }), [examples]);
  const field = ({ key, label }: Field) => (
    <TagsInput
      key={key}
      size="xs"
      label={label}
      value={form.scope[key]}
      data={known[key]}
      error={fieldError(errors, `scope.${key}`)}
      onChange={(values) => set({ scope: { ...form.scope, [key]: values } })}
      acceptValueOnBlur
      renderPill={({ option, onRemove }) => (
        <Pill size="xs" withRemoveButton onRemove={onRemove ?? (() => {})}>
          <ScopeName name={String(option.value)} />
        </Pill>
      )}
    />
  );
  return (
    <>
      <fieldset className={classes.scope}>
        <legend>Only for (empty: everywhere)</legend>
        {FIRST.map(field)}
      </fieldset>
      <Fold
        title="More of where"
        now={moreWords(form)}
        wrong={[...MORE.map(({ key }) => key), 'labels'].some((key) => fieldError(errors, `scope.${key}`))}
      >
        {MORE.map(field)}
        <TagsInput
          size="xs"
          label="Instance labels"
          placeholder="region=eu"
          value={form.labels}
          error={fieldError(errors, 'scope.labels')}
          onChange={(labels) => set({ labels: labels.filter((label) => label.indexOf('=') > 0) })}
          acceptValueOnBlur
        />
      </Fold>
      {traffic && (
        <ScopeTraffic
          traffic={traffic}
          onTakeIn={(list, name) => set({ scope: withName(form.scope, list, name) })}
        />
      )}
    </>
  );
}

function moreWords({ scope, labels }: RuleForm): string {
  const parts = [
    ...MORE.flatMap(({ key, label }) =>
      scope[key].length > 0 ? [`${label.toLowerCase()} ${scope[key].join(', ')}`] : [],
    ),
    ...(labels.length > 0 ? [`instances with ${labels.join(', ')}`] : []),
  ];
  return parts.length > 0 ? parts.join(' · ') : 'any version, tenant, tier, feature and instance';
}
