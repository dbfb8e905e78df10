'use client';

import { Alert, Button, Checkbox, Modal, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { attempt } from '#components/attempt';
import { CopyBlock } from '#components/copy-block';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { SCOPES } from '#lib/permissions';
import { createKeyAction } from './actions.ts';

const SCOPE_HELP: Record<(typeof SCOPES)[number], string> = {
  ingest: 'send interactions in',
  feed: 'follow the rules and report',
  respond: 'incidents and rules',
  export: 'read and export everything',
};

/** Makes an API key and shows it once. */
export function NewKey() {
  const [opened, { open, close }] = useDisclosure();
  const [fields, setFields] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [key, setKey] = useState<string | null>(null);
  useShortcuts([{ keys: 'c', label: 'Make a key', run: open }]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget);
    const days = Number(form.get('expiresInDays'));
    setBusy(true);
    const result = await attempt(
      createKeyAction({
        name: form.get('name'),
        source: form.get('source'),
        scopes: form.getAll('scopes'),
        ...(days > 0 && { expiresInDays: days }),
      }),
    );
    setBusy(false);
    setFields(result.ok ? {} : (result.fields ?? {}));
    setProblem(result.ok ? null : result.message);
    if (result.ok) setKey(result.data.key);
  }

  function done() {
    // What is under way is shown only once, so it must find its window open.
    if (busy) return;
    close();
    setFields({});
    setKey(null);
    setProblem(null);
  }

  return (
    <>
      <Button onClick={open} rightSection={<Keys keys="c" />}>
        Make a key
      </Button>
      <Modal opened={opened} onClose={done} title={key ? 'Your new key' : 'Make a key'}>
        {key ? (
          <Stack gap={8}>
            <Text size="sm">The key is shown only now; Stopgap keeps its hash.</Text>
            <CopyBlock label="API key" text={key} />
            <Button onClick={done}>Done</Button>
          </Stack>
        ) : (
          <form onSubmit={submit}>
            <Stack gap={12}>
              {problem && (
                <Alert color="red" variant="outline" role="alert">
                  {problem}
                </Alert>
              )}
              <TextInput
                name="name"
                label="Name"
                placeholder="gateway in eu-west"
                required
                error={fields.name}
                data-autofocus
              />
              <TextInput
                name="source"
                label="Source"
                description="Ids of interactions are unique per source"
                placeholder="gateway-eu"
                required
                error={fields.source}
              />
              <Checkbox.Group label="Scopes" error={fields.scopes}>
                <Stack gap={6} mt={4}>
                  {SCOPES.map((scope) => (
                    <Checkbox
                      key={scope}
                      name="scopes"
                      value={scope}
                      label={`${scope}: ${SCOPE_HELP[scope]}`}
                    />
                  ))}
                </Stack>
              </Checkbox.Group>
              <NumberInput
                name="expiresInDays"
                label="Ends after, days"
                description="Empty: it does not end by itself"
                min={1}
                max={3650}
                error={fields.expiresInDays}
              />
              <Button type="submit" loading={busy}>
                Make the key
              </Button>
            </Stack>
          </form>
        )}
      </Modal>
    </>
  );
}
