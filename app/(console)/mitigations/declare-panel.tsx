'use client';

import { NativeSelect, TextInput } from '@mantine/core';
import { INCIDENT_SEVERITIES, type IncidentSeverity, SEVERITY_MEANING } from '#lib/incidents/schema';
import classes from './composer.module.css';

export type Declaration = { title: string; severity: IncidentSeverity };

type Props = {
  declaration: Declaration;
  linked: number;
  errors: Record<string, string>;
  onChange: (change: Partial<Declaration>) => void;
};

/** A rule belongs to an incident; where there is none yet, two fields declare it on the way. */
export function DeclarePanel({ declaration, linked, errors, onChange }: Props) {
  return (
    <fieldset className={classes.declare}>
      <legend>Declare an incident for this</legend>
      <p className={classes.hint}>
        A rule belongs to an incident, and none is open for these. Saving declares it with{' '}
        {linked.toLocaleString('en')} {linked === 1 ? 'interaction' : 'interactions'} linked.
      </p>
      <TextInput
        size="xs"
        label="What is happening?"
        required
        maxLength={200}
        value={declaration.title}
        error={errors['incident.title']}
        onChange={(event) => onChange({ title: event.currentTarget.value })}
      />
      <NativeSelect
        size="xs"
        label="Severity"
        value={declaration.severity}
        error={errors['incident.severity']}
        onChange={(event) => onChange({ severity: event.currentTarget.value as IncidentSeverity })}
        data={INCIDENT_SEVERITIES.map((severity) => ({
          value: severity,
          label: `${severity.toUpperCase()}: ${SEVERITY_MEANING[severity]}`,
        }))}
      />
    </fieldset>
  );
}
