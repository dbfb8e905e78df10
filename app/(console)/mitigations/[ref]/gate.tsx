'use client';

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import Link from 'next/link';
import { useState } from 'react';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { ActionResult } from '#lib/action';
import type { MitigationState } from '#lib/mitigations/states';
import { approveMitigationAction, publishMitigationAction, withdrawMitigationAction } from '../actions.ts';
import { ReasonModal } from './reason-modal.tsx';

export type GateProps = {
  reference: string;
  version: number;
  state: MitigationState;
  instances: number;
  can: { edit: boolean; approve: boolean; publish: boolean; withdraw: boolean };
  /** Why this person cannot approve this version, in words. */
  approveBlocked: string | null;
};

type Open = 'breakGlass' | 'withdraw' | null;

/** The acts that are possible from here; the one to do next is the filled button. */
export function Gate({ reference: ref, version, state, instances, can, approveBlocked }: GateProps) {
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState<Open>(null);
  const draft = state === 'draft';
  const approvable = draft && can.approve && approveBlocked === null && !busy;
  const publishable = state === 'approved' && can.publish && !busy;
  const withdrawable = (draft || state === 'approved' || state === 'live') && can.withdraw && !busy;

  async function run<T>(
    act: () => Promise<ActionResult<T>>,
    done: (data: T) => string,
  ): Promise<string | null> {
    setBusy(true);
    try {
      const answer = await act();
      if (answer.ok) notifications.show({ message: done(answer.data) });
      return answer.ok ? null : answer.message;
    } catch {
      return 'The server could not be reached; nothing is known to have changed. Look at the page again.';
    } finally {
      setBusy(false);
    }
  }
  const say = (problem: string | null) =>
    problem && notifications.show({ color: 'red', title: 'Not done', message: problem });

  const approve = async () =>
    say(
      await run(
        () => approveMitigationAction({ mitigation: ref, version }),
        () => `${ref} is approved.`,
      ),
    );
  const publish = async () =>
    say(
      await run(
        () => publishMitigationAction({ mitigation: ref, version }),
        ({ seq }) => `${ref} is out with ruleset ${seq}.`,
      ),
    );
  const breakGlass = (breakGlassReason: string) =>
    run(
      () => publishMitigationAction({ mitigation: ref, version, breakGlassReason }),
      ({ seq }) => `${ref} is out with ruleset ${seq}, for an hour at most.`,
    );
  const withdraw = (reason: string) =>
    run(
      () => withdrawMitigationAction({ mitigation: ref, reason }),
      ({ seq }) => (seq === null ? `${ref} is dropped.` : `${ref} is withdrawn with ruleset ${seq}.`),
    );

  useShortcuts([
    ...(approvable ? [{ keys: 'a', label: 'Approve this rule', run: () => void approve() }] : []),
    ...(publishable ? [{ keys: 'p', label: 'Publish this rule', run: () => void publish() }] : []),
    ...(withdrawable ? [{ keys: 'w', label: 'Withdraw this rule', run: () => setOpen('withdraw') }] : []),
  ]);

  const where = instances === 1 ? '1 instance' : `${instances} instances`;
  return (
    <>
      {can.edit && (draft || state === 'approved') && (
        <Button component={Link} href={`/mitigations/${ref}/edit`} variant="default">
          Edit
        </Button>
      )}
      {withdrawable && (
        <Button
          variant={state === 'live' ? 'filled' : 'default'}
          color="red.9"
          onClick={() => setOpen('withdraw')}
        >
          {state === 'live' ? 'Withdraw…' : 'Drop…'} <Keys keys="w" />
        </Button>
      )}
      {draft && can.publish && (
        <Button variant="default" disabled={busy} onClick={() => setOpen('breakGlass')}>
          Break glass…
        </Button>
      )}
      {draft && can.approve && (
        <Button disabled={!approvable} loading={busy} onClick={() => void approve()}>
          Approve <Keys keys="a" />
        </Button>
      )}
      {state === 'approved' && can.publish && (
        <Button disabled={!publishable} loading={busy} onClick={() => void publish()}>
          Publish to {where} <Keys keys="p" />
        </Button>
      )}
      <ReasonModal
        opened={open === 'breakGlass'}
        onClose={() => setOpen(null)}
        title={`Publish ${ref} without an approval`}
        words="It goes out now, ends within the hour, and the history says that nobody else had seen it."
        label="Why can nobody else approve it?"
        minLength={10}
        confirm={`Publish to ${where}`}
        submit={breakGlass}
      />
      <ReasonModal
        opened={open === 'withdraw'}
        onClose={() => setOpen(null)}
        title={state === 'live' ? `Withdraw ${ref}` : `Drop ${ref}`}
        words={
          state === 'live'
            ? `The next ruleset goes to ${where} without it. A withdrawn rule does not come back; write a new one.`
            : 'It never went out and never will.'
        }
        label="Reason"
        minLength={1}
        confirm={state === 'live' ? `Withdraw from ${where}` : 'Drop the draft'}
        submit={withdraw}
      />
    </>
  );
}
