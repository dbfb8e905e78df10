'use client';

import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState, useTransition } from 'react';
import { once } from '#components/once';
import { splitClusterAction } from '../actions.ts';

const splitClusterOnce = once(splitClusterAction);

type SplitDialogProps = {
  opened: boolean;
  onClose: () => void;
  clusterId: string;
  interactionIds: string[];
  /** What will happen. */
  words: string;
};

/** Says what a split does, takes a reason if there is one, and leads to the new cluster. */
export function SplitDialog({ opened, onClose, clusterId, interactionIds, words }: SplitDialogProps) {
  const router = useRouter();
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, startSending] = useTransition();

  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '').trim() || null;
    startSending(async () => {
      const answer = await splitClusterOnce({ clusterId, interactionIds, reason });
      if (!answer.ok) return setProblem(answer.message);
      onClose();
      router.push(`/clusters/${answer.data.ref}`);
    });
  }

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Split off"
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={send}>
        <p style={{ marginTop: 0 }}>{words}</p>
        <Textarea
          name="reason"
          label="Why they are not the same (may stay empty)"
          data-autofocus
          autosize
          maxLength={4_000}
          error={problem}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey) return;
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={sending}>
            Split off {interactionIds.length}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
