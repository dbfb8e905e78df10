'use client';

import { Alert, Button, Checkbox, Drawer, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { attempt, refusalWords } from '#components/attempt';
import { once } from '#components/once';
import type { PolicyExample } from '#lib/policies/schema';
import { VERDICTS } from '#lib/reviews/schema';
import { createPolicyAction, revisePolicyAction } from '../actions.ts';
import classes from '../settings.module.css';

const createPolicyOnce = once(createPolicyAction);

export type EditedPolicy = {
  key: string;
  version: number;
  title: string;
  text: string;
  examples: PolicyExample[];
  reasonRequired: boolean;
};
type Props = { policy: EditedPolicy | null; opened: boolean; onClose: () => void };

/** Adds a policy, or writes the next version of one; null adds one. */
export function PolicyDrawer({ policy, opened, onClose }: Props) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="lg"
      title={policy ? `Revise “${policy.title}”, version ${policy.version}` : 'New policy'}
    >
      {opened && <PolicyForm policy={policy} onDone={onClose} />}
    </Drawer>
  );
}

type Draft = PolicyExample & { id: number };

function PolicyForm({ policy, onDone }: { policy: EditedPolicy | null; onDone: () => void }) {
  const [examples, setExamples] = useState<Draft[]>(() =>
    (policy?.examples ?? []).map((example, id) => ({ ...example, id })),
  );
  const [fields, setFields] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget);
    const input = {
      title: String(form.get('title') ?? ''),
      text: String(form.get('text') ?? ''),
      reasonRequired: form.has('reasonRequired'),
      examples: examples.map(({ verdict, code, why }) => ({ verdict, code, why })),
    };
    setBusy(true);
    const result = await attempt<unknown>(
      policy
        ? revisePolicyAction({ key: policy.key, version: policy.version, ...input })
        : createPolicyOnce({ key: String(form.get('key') ?? ''), ...input }),
    );
    setBusy(false);
    setFields(result.ok ? {} : (result.fields ?? {}));
    setProblem(result.ok ? null : refusalWords(result, 'What you typed is still here.'));
    if (!result.ok) return;
    notifications.show({ message: 'In force. Decisions made before keep the version they cite.' });
    onDone();
  }

  const edit = (id: number, part: Partial<PolicyExample>) =>
    setExamples((all) => all.map((each) => (each.id === id ? { ...each, ...part } : each)));

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap={12}>
        {problem && (
          <Alert color="red" variant="outline" role="alert">
            {problem}
          </Alert>
        )}
        {!policy && (
          <TextInput
            name="key"
            label="Key"
            description="Small letters, digits and hyphens; every version keeps it."
            required
            error={fields.key}
            data-autofocus
          />
        )}
        <TextInput name="title" label="Title" required defaultValue={policy?.title} error={fields.title} />
        <Textarea
          name="text"
          label="What it covers"
          required
          autosize
          minRows={3}
          defaultValue={policy?.text}
          error={fields.text}
        />
        <Checkbox
          name="reasonRequired"
          label="A decision under it must say why"
          defaultChecked={policy?.reasonRequired}
        />
        {examples.map((example, index) => (
          <fieldset key={example.id} className={classes.group}>
            <legend>Example {index + 1}</legend>
            <NativeSelect
              label="Verdict"
              data={[...VERDICTS]}
              value={example.verdict}
              onChange={(event) =>
                edit(example.id, { verdict: event.currentTarget.value as PolicyExample['verdict'] })
              }
            />
            <Textarea
              label="Code or text"
              autosize
              minRows={2}
              spellCheck={false}
              styles={{ input: { fontFamily: 'var(--mono)' } }}
              value={example.code}
              onChange={(event) => edit(example.id, { code: event.currentTarget.value })}
              error={fields[`examples.${index}.code`]}
            />
            <TextInput
              label="Why"
              value={example.why}
              onChange={(event) => edit(example.id, { why: event.currentTarget.value })}
              error={fields[`examples.${index}.why`]}
            />
            <Button
              mt={8}
              size="compact-xs"
              variant="default"
              onClick={() => setExamples(examples.filter(({ id }) => id !== example.id))}
            >
              Remove example {index + 1}
            </Button>
          </fieldset>
        ))}
        <Button
          variant="default"
          disabled={examples.length >= 10}
          onClick={() =>
            setExamples([
              ...examples,
              {
                id: Math.max(-1, ...examples.map(({ id }) => id)) + 1,
                verdict: 'harmful',
                code: '',
                why: '',
              },
            ])
          }
        >
          Add an example
        </Button>
        <Button type="submit" loading={busy}>
          {policy ? `Put version ${policy.version + 1} in force` : 'Put it in force'}
        </Button>
      </Stack>
    </form>
  );
}
