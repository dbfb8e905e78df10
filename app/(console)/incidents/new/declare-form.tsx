'use client';

import { Alert, Button, NativeSelect, Radio, Stack, TextInput } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState, useTransition } from 'react';
import { refusalWords } from '#components/attempt';
import { once } from '#components/once';
import { INCIDENT_SEVERITIES, SEVERITY_MEANING } from '#lib/incidents/schema';
import { declareIncidentAction } from '../actions.ts';

const declareIncidentOnce = once(declareIncidentAction);

type Props = {
  interactionIds: string[];
  commanders: { value: string; label: string }[];
  /** The reader, when they may lead it themselves. */
  me: string | null;
  suggestion: string;
};

export function DeclareForm({ interactionIds, commanders, me, suggestion }: Props) {
  const router = useRouter();
  const [pending, startTransition] = useTransition();
  const [problem, setProblem] = useState<string | null>(null);
  const [fields, setFields] = useState<Record<string, string>>({});

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    startTransition(async () => {
      const result = await declareIncidentOnce({
        title: form.get('title'),
        severity: form.get('severity'),
        commanderId: form.get('commanderId') || null,
        interactionIds,
      });
      setFields(result.ok ? {} : (result.fields ?? {}));
      setProblem(result.ok ? null : refusalWords(result, 'What you wrote is still here.'));
      if (result.ok) router.push(`/incidents/${result.data.ref}`);
    });
  }

  return (
    <form onSubmit={submit}>
      <Stack gap={16}>
        {problem && (
          <Alert color="red" variant="outline" role="alert">
            {problem}
          </Alert>
        )}
        <TextInput
          name="title"
          label="What is happening?"
          required
          maxLength={200}
          defaultValue={suggestion}
          error={fields.title}
          data-autofocus
          autoFocus
        />
        <Radio.Group name="severity" label="Severity" defaultValue="sev3" error={fields.severity}>
          <Stack gap={10} mt={6}>
            {INCIDENT_SEVERITIES.map((severity) => (
              <Radio
                key={severity}
                size="sm"
                value={severity}
                label={`${severity.toUpperCase()}: ${SEVERITY_MEANING[severity]}`}
              />
            ))}
          </Stack>
        </Radio.Group>
        <NativeSelect
          name="commanderId"
          label="Commander"
          description={<span className="quiet">Leads it from here; can be handed over at any time.</span>}
          defaultValue={me ?? ''}
          data={[{ value: '', label: 'nobody yet' }, ...commanders]}
          error={fields.commanderId}
        />
        <div>
          <Button type="submit" loading={pending}>
            {interactionIds.length > 0 ? `Declare with ${interactionIds.length} linked` : 'Declare incident'}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
