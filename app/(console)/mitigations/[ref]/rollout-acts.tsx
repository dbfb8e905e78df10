'use client';

import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { once } from '#components/once';
import { Keys, type Shortcut, useShortcuts } from '#components/shell/shortcuts';
import type { Stage } from '#lib/mitigations/plan';
import { advanceMitigationAction, holdMitigationAction, resumeMitigationAction } from '../actions.ts';
import { ActDialog } from './act-dialog.tsx';

const advanceMitigationOnce = once(advanceMitigationAction);

type Props = {
  reference: string;
  stage: Stage;
  /** The stage that follows; null in the last. */
  next: Stage | null;
  isHeld: boolean;
  can: { advance: boolean; hold: boolean };
};

const EFFECT: Record<Stage, string> = {
  shadow: 'It counts and changes nothing.',
  canary: 'It acts on the instances and requests of its canary, within about a second.',
  full: 'It acts on every instance and every request in its scope, within about a second.',
};

/** What can be done with a rule on its way: let it go on now, keep it where it is, let it go on by itself again. */
export function RolloutActs({ reference: ref, stage, next, isHeld, can }: Props) {
  const [open, setOpen] = useState<'advance' | 'hold' | 'resume' | null>(null);
  // The stage that was on the page when the dialog opened: the rule may go on by itself meanwhile.
  const [seen, setSeen] = useState(stage);
  const close = () => setOpen(null);
  const say = (message: string) => notifications.show({ message });
  const advance = () => {
    setSeen(stage);
    setOpen('advance');
  };
  const may = {
    advance: next !== null && can.advance,
    hold: next !== null && !isHeld && can.hold,
    resume: isHeld && can.advance,
  };
  const rows: (false | Omit<Shortcut, 'act'>)[] = [
    may.advance && { keys: 'n', label: 'Advance to the next stage now', run: advance },
    may.hold && { keys: 'h', label: 'Hold it in its stage', run: () => setOpen('hold') },
    may.resume && { keys: 'r', label: 'Resume the rollout', run: () => setOpen('resume') },
  ];
  useShortcuts(rows.filter((row) => row !== false).map((row) => ({ ...row, group: 'Rollout' }) as Shortcut));
  if (!may.advance && !may.hold && !may.resume) return null;

  return (
    <Group gap={8} mt={8}>
      {may.advance && (
        <Button size="xs" variant="default" onClick={advance} rightSection={<Keys keys="n" />}>
          Advance to {next}…
        </Button>
      )}
      {may.hold && (
        <Button size="xs" variant="default" onClick={() => setOpen('hold')} rightSection={<Keys keys="h" />}>
          Hold…
        </Button>
      )}
      {may.resume && (
        <Button size="xs" onClick={() => setOpen('resume')} rightSection={<Keys keys="r" />}>
          Resume…
        </Button>
      )}
      <ActDialog
        opened={open === 'advance'}
        onClose={close}
        title={`Advance ${ref} to ${next}`}
        confirm={`Advance to ${next}`}
        submit={() => advanceMitigationOnce({ mitigation: ref, from: seen })}
        onDone={() => say(`${ref} is in ${next}.`)}
      >
        <p style={{ margin: 0 }}>{next && EFFECT[next]}</p>
      </ActDialog>
      <ActDialog
        opened={open === 'hold'}
        onClose={close}
        title={`Hold ${ref} in ${stage}`}
        reason={{ label: 'Reason', minLength: 1, placeholder: 'What is it waiting for?' }}
        confirm={`Hold in ${stage}`}
        submit={(reason) => holdMitigationAction({ mitigation: ref, reason })}
        onDone={() => say(`${ref} stays in ${stage}.`)}
      >
        <p style={{ margin: 0 }}>
          {ref} stays in {stage} until somebody resumes or advances it.
        </p>
      </ActDialog>
      <ActDialog
        opened={open === 'resume'}
        onClose={close}
        title={`Resume ${ref}`}
        confirm="Resume"
        submit={() => resumeMitigationAction({ mitigation: ref })}
        onDone={() => say(`${ref} is resumed.`)}
      >
        <p style={{ margin: 0 }}>The time in {stage} starts again. Then it advances if all checks pass.</p>
      </ActDialog>
    </Group>
  );
}
