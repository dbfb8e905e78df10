'use client';

import { Button, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState, useTransition } from 'react';
import { once } from '#components/once';
import { INCIDENT_SEVERITIES } from '#lib/incidents/schema';
import { changeSeverityAction } from '../actions.ts';
import classes from './incident.module.css';

const changeSeverityOnce = once(changeSeverityAction);

type Props = { incident: string; version: number; severity: string };

export function ChangeSeverity({ incident, version, severity }: Props) {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, startTransition] = useTransition();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    startTransition(async () => {
      const result = await changeSeverityOnce({
        incident,
        version,
        severity: form.get('severity'),
        reason: form.get('reason'),
      });
      setProblem(result.ok ? null : result.message);
      if (result.ok) setOpen(false);
    });
  }

  if (!open) {
    return (
      <Button size="compact-xs" variant="subtle" aria-label="Change severity" onClick={() => setOpen(true)}>
        Change
      </Button>
    );
  }
  return (
    <form onSubmit={submit} className={classes.inline}>
      <NativeSelect
        size="xs"
        name="severity"
        aria-label="New severity"
        data={INCIDENT_SEVERITIES.filter((value) => value !== severity).map((value) => ({
          value,
          label: value.toUpperCase(),
        }))}
        autoFocus
      />
      <TextInput
        size="xs"
        name="reason"
        aria-label="Why it changes"
        placeholder="why it changes"
        required
        error={problem}
      />
      <Button type="submit" size="xs" loading={pending}>
        Change
      </Button>
      <Button size="xs" variant="subtle" onClick={() => setOpen(false)}>
        Cancel
      </Button>
    </form>
  );
}
