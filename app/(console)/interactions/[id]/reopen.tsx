'use client';

import { Alert, Button, Group, Modal, Textarea } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState, useTransition } from 'react';
import { attempt } from '#components/attempt';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { reopenAction } from '../actions.ts';

type ReopenProps = {
  interactionId: string;
  /** The reviews on the page: no other decision is reopened. */
  seen: string[];
  /** Why this person may not. */
  why: string | null;
};

/** Puts the item back into the queue with a reason, and opens it there. */
export function Reopen({ interactionId, seen, why }: ReopenProps) {
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, startSending] = useTransition();
  useShortcuts(
    why === null ? [{ act: 'review.reopen', label: 'Reopen this decision', run: () => setOpen(true) }] : [],
  );

  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending) return;
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '');
    startSending(async () => {
      const answer = await attempt(reopenAction({ interactionId, seen, reason }));
      if (answer.ok) router.push(`/queue/${interactionId}`);
      else setProblem(answer.fields?.reason ?? answer.message);
    });
  }

  if (why !== null) return <span className="quiet">{why}</span>;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        onClick={() => setOpen(true)}
        rightSection={<Keys act="review.reopen" />}
      >
        Reopen
      </Button>
      <Modal
        opened={open}
        onClose={() => !sending && setOpen(false)}
        title="Reopen this decision"
        centered
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <form onSubmit={send}>
          {problem && (
            <Alert color="red" variant="outline" role="alert" mb={12}>
              {problem}
            </Alert>
          )}
          <Textarea
            name="reason"
            label="Why decide it again?"
            description="The decision is taken back and the item waits in the queue, open for you first. Your reason stays in the history."
            data-autofocus
            autosize
            minRows={2}
            minLength={3}
            maxLength={4_000}
            required
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.shiftKey) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
          />
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={() => setOpen(false)} disabled={sending}>
              Cancel
            </Button>
            <Button type="submit" loading={sending}>
              Reopen
            </Button>
          </Group>
        </form>
      </Modal>
    </>
  );
}
