'use client';

import { Button, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRouter } from 'next/navigation';
import { useState, useTransition } from 'react';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { ListQueue } from '#lib/reviews/schema';
import { BreakCard } from './[id]/break-card.tsx';
import { claimNext } from './claim-next.ts';
import { claimFilters, queryOf } from './filters.ts';
import { park } from './handover.ts';
import { useOutbox } from './use-outbox.tsx';

/** How long the claim waits for the workbench to open. */
const OPENING_MS = 20_000;

const NOTHING = 'Nothing waits for a review here right now.';

/** Claims what is due first within the filters and opens it; says so where `nothing` waits. */
export function StartReviewing({ filters, nothing }: { filters: ListQueue; nothing: boolean }) {
  const router = useRouter();
  const { outbox } = useOutbox();
  const [pending, startTransition] = useTransition();
  const [pause, setPause] = useState<{ consecutive: number; minutes: number } | null>(null);

  function start(pastBreak = false) {
    if (pending) return;
    if (nothing) {
      notifications.show({ message: NOTHING });
      return;
    }
    setPause(null);
    startTransition(async () => {
      const answer = await claimNext({ filters: claimFilters(filters), pastBreak }, false, outbox);
      if (answer.kind !== 'ok') notifications.show({ color: 'red', message: answer.message });
      else if (answer.data.kind === 'break') setPause(answer.data);
      else if (answer.data.kind === 'work') {
        park(answer.data, OPENING_MS);
        router.push(
          `/queue/${answer.data.item.id}${queryOf({ ...filters, cursor: undefined, open: undefined })}`,
        );
      } else notifications.show({ message: 'Nothing here is free for you right now.' });
    });
  }

  useShortcuts([
    { keys: 'Enter', label: 'Start reviewing', group: 'Queue', run: () => start() },
    { act: 'queue.start', label: 'Start reviewing', group: 'Queue', run: () => start() },
  ]);
  return (
    <>
      <Button
        onClick={() => start()}
        loading={pending}
        aria-disabled={nothing}
        data-disabled={nothing || undefined}
        title={nothing ? NOTHING : undefined}
        rightSection={<Keys act="queue.start" />}
      >
        Start reviewing
      </Button>
      <Modal opened={pause !== null} onClose={() => setPause(null)} title="A pause" centered>
        {pause && <BreakCard {...pause} done={null} onGoOn={() => start(true)} />}
      </Modal>
    </>
  );
}
