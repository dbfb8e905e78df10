'use client';

import { Button } from '@mantine/core';
import { useState } from 'react';
import { attempt } from '#components/attempt';
import { Visible } from '#components/diff/visible';
import { once } from '#components/once';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { RestorationPreview } from '#lib/rulesets/preview';
import { ActDialog } from '../mitigations/[ref]/act-dialog.tsx';
import { previewRollBackAction, rollBackAction } from './actions.ts';

const rollBackOnce = once(rollBackAction);

const ACTS: Record<string, string> = {
  shadow: 'where it only counts and acts on nothing',
  canary: 'where it acts on few',
  full: 'where it acts on all',
};

type Loaded = { preview: RestorationPreview } | { problem: string } | null;

/** Makes an earlier ruleset's content the next one, after showing what that changes; the one before has a key. */
export function RollBackButton({ seq, isBefore }: { seq: number; isBefore: boolean }) {
  const [opened, setOpened] = useState(false);
  const [loaded, setLoaded] = useState<Loaded>(null);

  async function open() {
    setLoaded(null);
    setOpened(true);
    const answer = await attempt(previewRollBackAction({ seq }));
    setLoaded(answer.ok ? { preview: answer.data } : { problem: answer.message });
  }

  useShortcuts(isBefore ? [{ keys: 'b', label: 'Go back to the ruleset before', run: open }] : []);

  return (
    <>
      <Button size="compact-xs" variant="default" onClick={open} rightSection={isBefore && <Keys keys="b" />}>
        Go back<span className="spoken"> to ruleset {seq}</span>
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Go back to ruleset ${seq}`}
        reason={{ label: 'Why', minLength: 1, placeholder: 'What is wrong with what is live now' }}
        confirm="Publish it as the next ruleset"
        danger
        submit={(reason) => rollBackOnce({ seq, reason })}
        onDone={() => setOpened(false)}
      >
        <Changes loaded={loaded} />
      </ActDialog>
    </>
  );
}

function Changes({ loaded }: { loaded: Loaded }) {
  if (loaded === null) return <p>Looking at what would change…</p>;
  if ('problem' in loaded) return <p role="alert">{loaded.problem}</p>;
  const { ending, returning, over } = loaded.preview;
  if (ending.length + returning.length === 0)
    return <p>Nothing would change: the same rules are live now.</p>;
  return (
    <ul>
      {ending.map(({ ref, title }) => (
        <li key={ref}>
          {ref} ends: <Visible text={title} />
        </li>
      ))}
      {returning.map(({ ref, title, stage, from }) => (
        <li key={ref}>
          {ref} {from ? `goes back from ${from} to ${stage}` : `is live again, in ${stage}`}, {ACTS[stage]}:{' '}
          <Visible text={title} />
        </li>
      ))}
      {over.map((ref) => (
        <li key={ref}>{ref} stays over: its own time has passed.</li>
      ))}
    </ul>
  );
}
