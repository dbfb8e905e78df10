'use client';

import { Alert, Button, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type FormEvent, type ReactNode, useState } from 'react';
import { CopyBlock } from '#components/copy-block';
import { type ConfirmIdentity, useIdentity } from '#components/identity';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { ActionResult } from '#lib/action';

type MakeOnceProps = {
  /** What the button, its key `c` and the dialog are called, such as "Make a key". */
  title: string;
  submitLabel: string;
  /** Makes it; answers the secret that is shown this one time. */
  make: (form: FormData) => Promise<ActionResult<string>>;
  /** What stands over the secret, once it is there. */
  made: { title: string; words: string; label: string };
  /** Where making it asks for the password again. */
  confirmIdentity: ConfirmIdentity;
  /** The fields; gets what was wrong with each, by its name. */
  children: (fields: Record<string, string>) => ReactNode;
};

/** A dialog that makes something whose secret is shown once: a key, a person with a first password. */
export function MakeOnce({ title, submitLabel, make, made, confirmIdentity, children }: MakeOnceProps) {
  const [opened, { open, close }] = useDisclosure();
  const [fields, setFields] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const identity = useIdentity(confirmIdentity);
  useShortcuts([{ keys: 'c', label: title, run: open }]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const result = await identity.run(() => make(form));
    setBusy(false);
    if (result === null) {
      setFields({});
      setProblem(null);
      return;
    }
    setFields(result.ok ? {} : (result.fields ?? {}));
    setProblem(result.ok ? null : result.message);
    if (result.ok) setSecret(result.data);
  }

  function done() {
    // What is under way is shown only once, so it must find its window open.
    if (busy) return;
    close();
    setFields({});
    setSecret(null);
    setProblem(null);
  }

  return (
    <>
      <Button onClick={open} rightSection={<Keys keys="c" />}>
        {title}
      </Button>
      <Modal opened={opened} onClose={done} title={secret ? made.title : title}>
        {secret ? (
          <Stack gap={8}>
            <Text size="sm">{made.words}</Text>
            <CopyBlock label={made.label} text={secret} />
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
              {children(fields)}
              {identity.field}
              <Button type="submit" loading={busy}>
                {submitLabel}
              </Button>
            </Stack>
          </form>
        )}
      </Modal>
    </>
  );
}
