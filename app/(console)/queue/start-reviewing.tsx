'use client';

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRouter } from 'next/navigation';
import { useTransition } from 'react';
import { attempt } from '#components/attempt';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { QueueFilters } from '#lib/reviews/schema';
import { nextAction } from './actions.ts';
import { handOver } from './handover.ts';
import { forgetSkipped, queryOf } from './skipped.ts';

/** Claims what is due first and opens it. */
export function StartReviewing({ filters, disabled }: { filters: QueueFilters; disabled: boolean }) {
  const router = useRouter();
  const [pending, startTransition] = useTransition();

  function start() {
    if (pending || disabled) return;
    startTransition(async () => {
      forgetSkipped();
      const answer = await attempt(nextAction({ filters, skip: [] }));
      if (!answer.ok) notifications.show({ color: 'red', message: answer.message });
      else if (answer.data) {
        handOver(answer.data.claim);
        router.push(`/queue/${answer.data.claim.interactionId}${queryOf(filters)}`);
      } else notifications.show({ message: 'Everything that is left is held by somebody right now.' });
    });
  }

  useShortcuts([
    { keys: 'Enter', label: 'Start reviewing', run: start },
    { keys: 'r', label: 'Start reviewing', run: start },
  ]);
  return (
    <Button onClick={start} loading={pending} disabled={disabled} rightSection={<Keys keys="r" />}>
      Start reviewing
    </Button>
  );
}
