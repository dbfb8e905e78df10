'use client';

import { Alert, Button, Modal, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { attempt } from '#components/attempt';
import { CopyBlock } from '#components/copy-block';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { ROLES } from '#lib/permissions';
import { createUserAction } from './actions.ts';

/** Adds a person and shows their first password once. */
export function NewPerson() {
  const [opened, { open, close }] = useDisclosure();
  const [fields, setFields] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [password, setPassword] = useState<string | null>(null);
  useShortcuts([{ keys: 'c', label: 'Add a person', run: open }]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const result = await attempt(createUserAction(Object.fromEntries(form)));
    setBusy(false);
    setFields(result.ok ? {} : (result.fields ?? {}));
    setProblem(result.ok ? null : result.message);
    if (result.ok) setPassword(result.data.password);
  }

  function done() {
    // What is under way is shown only once, so it must find its window open.
    if (busy) return;
    close();
    setFields({});
    setPassword(null);
    setProblem(null);
  }

  return (
    <>
      <Button onClick={open} rightSection={<Keys keys="c" />}>
        Add a person
      </Button>
      <Modal opened={opened} onClose={done} title={password ? 'Hand this over' : 'Add a person'}>
        {password ? (
          <Stack gap={8}>
            <Text size="sm">The password is shown only now. They can change it under Your account.</Text>
            <CopyBlock label="One-time password" text={password} />
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
              <TextInput name="name" label="Name" required error={fields.name} data-autofocus />
              <TextInput name="email" type="email" label="E-mail" required error={fields.email} />
              <NativeSelect name="role" label="Role" data={[...ROLES]} error={fields.role} />
              <Button type="submit" loading={busy}>
                Add
              </Button>
            </Stack>
          </form>
        )}
      </Modal>
    </>
  );
}
