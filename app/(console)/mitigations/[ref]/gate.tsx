'use client';

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { once } from '#components/once';
import { Keys, type Shortcut, useShortcuts } from '#components/shell/shortcuts';
import type { Risk } from '#lib/mitigations/risk';
import { BREAK_GLASS_REASON_MIN } from '#lib/mitigations/schema';
import type { MitigationState } from '#lib/mitigations/states';
import { approveMitigationAction, publishMitigationAction, withdrawMitigationAction } from '../actions.ts';
import { EndsIfPublished } from '../ends-if-published.tsx';
import classes from '../mitigations.module.css';
import { ActDialog } from './act-dialog.tsx';

const withdrawMitigationOnce = once(withdrawMitigationAction);

const publishMitigationOnce = once(publishMitigationAction);

type GateProps = {
  reference: string;
  version: number;
  state: MitigationState;
  /** What publishing does, in words that the dialog repeats. */
  effect: {
    sentence: string;
    plan: string;
    requirement: string;
    incident: string;
    risk: Risk;
    /** Ends so many minutes after its publish; null where it ends at `expiresAt`. */
    lifeMinutes: number | null;
    expiresAt: string;
  };
  /** It hits much of harmless traffic, or everything: whoever approves or publishes it types its name. */
  isTyped: boolean;
  instances: number;
  /** Live on one person's word: somebody else's approval is still wanted. */
  wantsApproval: boolean;
  /** It may go out as it is: approved, or narrow enough for one commander. */
  ready: boolean;
  can: { edit: boolean; approve: boolean; publish: boolean; breakGlass: boolean; withdraw: boolean };
};

type Open = 'approve' | 'publish' | 'breakGlass' | 'withdraw' | null;

/** The acts that are possible from here; the one to do next is the filled button. */
export function Gate(props: GateProps) {
  const { reference: ref, state, instances, ready, can } = props;
  const router = useRouter();
  const [open, setOpen] = useState<Open>(null);
  // What is agreed to is what was read when the dialog opened, whatever somebody saves meanwhile.
  const [seen, setSeen] = useState({ version: props.version, effect: props.effect, state: props.state });
  const { version, effect } = seen;
  const [grown, setGrown] = useState(false);
  const [unread, setUnread] = useState(false);
  const draft = state === 'draft';
  const live = state === 'live';
  const wasLive = seen.state === 'live';
  const where = instances === 1 ? '1 instance' : `${instances} instances`;
  const typed = { name: ref, asked: props.isTyped };
  const close = () => setOpen(null);
  const say = (message: string) => notifications.show({ message });

  const show = (what: Open) => {
    setSeen({ version: props.version, effect: props.effect, state: props.state });
    setOpen(what);
  };
  const changed =
    props.version === version
      ? undefined
      : `It was changed to version ${props.version} while this was open. Close this and read it again.`;

  /**
   * A snapshot that more than doubles, or that some instances cannot read, is refused once, with the figures; pressing
   * again says that it is meant.
   */
  async function publish(confirm: string, breakGlassReason?: string) {
    const answer = await publishMitigationOnce({
      mitigation: ref,
      version,
      ...(confirm !== '' && { confirm }),
      ...(breakGlassReason !== undefined && { breakGlassReason }),
      ...(grown && { acceptGrowth: true }),
      ...(unread && { acceptUnread: true }),
    });
    if (!answer.ok && answer.fields?.acceptGrowth) setGrown(true);
    if (!answer.ok && answer.fields?.acceptUnread) setUnread(true);
    return answer;
  }

  const may = {
    approve: (draft || state === 'approved' || (live && props.wantsApproval)) && can.approve,
    publish: (draft || state === 'approved') && ready && can.publish,
    breakGlass: draft && !ready && can.breakGlass,
    withdraw: (draft || state === 'approved' || live) && can.withdraw,
    edit: (draft || state === 'approved') && can.edit,
  };
  const rows: (false | Omit<Shortcut, 'act'>)[] = [
    may.approve && { keys: 'a', label: 'Approve this rule', run: () => show('approve') },
    may.publish && { keys: 'p', label: 'Publish this rule', run: () => show('publish') },
    may.breakGlass && { keys: 'b', label: 'Break glass: publish alone', run: () => show('breakGlass') },
    may.withdraw && {
      keys: 'w',
      label: live ? 'Withdraw this rule' : 'Drop this draft',
      run: () => show('withdraw'),
    },
    may.edit && {
      keys: 'e',
      label: 'Edit: write the next version',
      run: () => router.push(`/mitigations/${ref}/edit`),
    },
  ];
  useShortcuts(rows.filter((row) => row !== false).map((row) => ({ ...row, group: 'Rule' }) as Shortcut));

  return (
    <>
      {may.edit && (
        <Button
          component={Link}
          href={`/mitigations/${ref}/edit`}
          variant="default"
          rightSection={<Keys keys="e" />}
        >
          Edit
        </Button>
      )}
      {may.withdraw && (
        <Button
          variant={live ? 'filled' : 'default'}
          color="red.9"
          onClick={() => show('withdraw')}
          rightSection={<Keys keys="w" />}
        >
          {live ? 'Withdraw…' : 'Drop…'}
        </Button>
      )}
      {may.breakGlass && (
        <Button variant="default" onClick={() => show('breakGlass')} rightSection={<Keys keys="b" />}>
          Break glass…
        </Button>
      )}
      {may.approve && (
        <Button
          variant={may.publish ? 'default' : 'filled'}
          onClick={() => show('approve')}
          rightSection={<Keys keys="a" />}
        >
          Approve…
        </Button>
      )}
      {may.publish && (
        <Button onClick={() => show('publish')} rightSection={<Keys keys="p" />}>
          Publish to {where}
        </Button>
      )}
      <ActDialog
        opened={open === 'approve'}
        onClose={close}
        title={`Approve ${ref}`}
        confirm={`Approve version ${version}`}
        blocked={changed}
        typed={typed}
        danger={props.isTyped}
        submit={(_, confirm) =>
          approveMitigationAction({ mitigation: ref, version, ...(confirm !== '' && { confirm }) })
        }
        onDone={() => say(`${ref} is approved.`)}
      >
        <Effect {...effect} />
        <p className={classes.hint}>
          By approving you confirm that you have read the rule and its back-test. Your name is recorded.
        </p>
      </ActDialog>
      <ActDialog
        opened={open === 'publish'}
        onClose={close}
        title={`Publish ${ref}`}
        confirm={grown ? 'Publish although it grows' : `Publish to ${where}`}
        typed={typed}
        danger={grown || props.isTyped}
        blocked={changed}
        submit={(_, confirm) => publish(confirm)}
        onDone={() => say(`${ref} is out: ${effect.plan}.`)}
      >
        <Effect {...effect} />
      </ActDialog>
      <ActDialog
        opened={open === 'breakGlass'}
        onClose={close}
        title={`Publish ${ref} without an approval`}
        reason={{
          label: 'Why can nobody else approve it?',
          minLength: BREAK_GLASS_REASON_MIN,
          placeholder: 'Exploited right now; nobody else is on call.',
        }}
        confirm={grown ? 'Break glass although it grows' : `Break glass: publish to ${where}`}
        typed={typed}
        danger
        blocked={changed}
        submit={(why, confirm) => publish(confirm, why)}
        onDone={() =>
          say(`${ref} is published without approval. Another commander has 30 minutes to approve it.`)
        }
      >
        <Effect {...effect} />
        <p className={classes.hint}>
          It runs for at most 60 minutes, and stops after 30 unless another commander approves it. It is
          recorded as published without approval.
        </p>
      </ActDialog>
      <ActDialog
        opened={open === 'withdraw'}
        onClose={close}
        title={wasLive ? `Withdraw ${ref}` : `Drop ${ref}`}
        reason={{ label: 'Reason', minLength: 1 }}
        confirm={wasLive ? `Withdraw from ${where}` : 'Drop the draft'}
        danger
        submit={(reason) => withdrawMitigationOnce({ mitigation: ref, reason })}
        onDone={() => say(wasLive ? `${ref} is withdrawn.` : `${ref} is dropped.`)}
      >
        <p className={classes.dialogText}>
          {wasLive
            ? `It stops on ${where} within a second. To restore it, go to Fleet and roll back to an earlier ruleset.`
            : 'It was never published. Dropping it cannot be undone.'}
        </p>
      </ActDialog>
    </>
  );
}

function Effect({ sentence, plan, requirement, incident, risk, ...life }: GateProps['effect']) {
  return (
    <dl className={classes.effect}>
      <dt>Effect</dt>
      <dd>{sentence}</dd>
      <dt>Risk</dt>
      <dd data-risk={risk.level} className={classes.risk}>
        {risk.level.charAt(0).toUpperCase() + risk.level.slice(1)}. {risk.words}
      </dd>
      <dt>Ends</dt>
      <dd>
        <EndsIfPublished {...life} />
      </dd>
      <dt>Incident</dt>
      <dd>{incident}</dd>
      <dt>Stages</dt>
      <dd>{plan}</dd>
      <dt>Approval</dt>
      <dd>{requirement}</dd>
    </dl>
  );
}
