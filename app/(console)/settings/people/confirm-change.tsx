'use client';

import { Alert, Button, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { useIdentity } from '#components/identity';
import type { ActionResult } from '#lib/action';
import { confirmIdentityAction } from '../../confirm-identity.ts';

/** A change to somebody's access, in words, before it is made. */
export type Change = {
  title: string;
  /** What it means for them. */
  words: string;
  confirm: string;
  /** Said when it is done. */
  done: string;
  run: () => Promise<ActionResult<void>>;
};

type Props = { change: Change | null; opened: boolean; onClose: () => void };

/** Asks once before somebody's access changes. */
export function ConfirmChange({ change, opened, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const identity = useIdentity(confirmIdentityAction);

  function close() {
    if (busy) return;
    setProblem(null);
    onClose();
  }

  async function make(event: FormEvent) {
    event.preventDefault();
    if (!change || busy) return;
    setBusy(true);
    const result = await identity.run(change.run);
    setBusy(false);
    setProblem(result === null || result.ok ? null : result.message);
    if (!result?.ok) return;
    notifications.show({ message: change.done });
    onClose();
  }

  return (
    <Modal opened={opened} onClose={close} title={change?.title} centered>
      <form onSubmit={make}>
        {problem && (
          <Alert color="red" variant="outline" role="alert" mb={12}>
            {problem}
          </Alert>
        )}
        <p style={{ marginTop: 0 }}>{change?.words}</p>
        {identity.field}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} data-autofocus>
            {change?.confirm}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
