'use client';

import { Button } from '@mantine/core';
import { useState, useTransition } from 'react';
import { attempt } from '#components/attempt';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { reverseBatchAction } from '../actions.ts';

type ReverseProps = { batchId: string; count: number; allowed: boolean };

/**
 * Takes the batch back; asked once more, because many items move. What came of it stays to be read when the page
 * that is fetched after it allows it no longer.
 */
export function Reverse({ batchId, count, allowed }: ReverseProps) {
  const [asked, setAsked] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const [sending, startSending] = useTransition();
  function reverse() {
    if (sending || !allowed) return;
    if (!asked) return setAsked(true);
    startSending(async () => {
      const answer = await attempt(reverseBatchAction({ batchId }));
      setAsked(false);
      setSaid(answer.ok ? `${answer.data.reversed.toLocaleString('en')} wait again.` : answer.message);
    });
  }
  useShortcuts(
    allowed
      ? [
          { keys: 'z', label: 'Reverse this batch', group: 'Batch', run: reverse },
          { keys: 'Escape', label: 'Leave it as it is', group: 'Batch', run: () => setAsked(false) },
        ]
      : [],
  );
  return (
    <>
      <span role="status">{said}</span>
      {allowed && (
        <Button
          size="xs"
          variant={asked ? 'filled' : 'default'}
          color={asked ? 'red.9' : undefined}
          loading={sending}
          onClick={reverse}
          rightSection={<Keys keys="z" />}
        >
          {asked ? `Yes, put ${count.toLocaleString('en')} back` : 'Reverse'}
        </Button>
      )}
    </>
  );
}
