'use client';

import { Button, Group, Modal, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';

type Props = {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What will happen. */
  words: string;
  label: string;
  minLength: number;
  confirm: string;
  /** Answers what went wrong, or null. */
  submit: (reason: string) => Promise<string | null>;
};

/** Asks for a typed reason before an act that cannot be undone; what was typed survives a refusal. */
export function ReasonModal({ opened, onClose, title, words, label, minLength, confirm, submit }: Props) {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const missing = minLength - reason.trim().length;

  async function send(event: FormEvent) {
    event.preventDefault();
    if (missing > 0) {
      return setProblem(minLength > 1 ? `At least ${minLength} characters; ${missing} more.` : 'Say why.');
    }
    setBusy(true);
    const refused = await submit(reason.trim());
    setBusy(false);
    setProblem(refused);
    if (refused !== null) return;
    setReason('');
    onClose();
  }

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={send}>
        <p style={{ marginTop: 0 }}>{words}</p>
        <Textarea
          label={label}
          data-autofocus
          autosize
          minRows={2}
          maxLength={2_000}
          value={reason}
          error={problem}
          onChange={(event) => {
            setReason(event.currentTarget.value);
            setProblem(null);
          }}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red.9" loading={busy}>
            {confirm}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
