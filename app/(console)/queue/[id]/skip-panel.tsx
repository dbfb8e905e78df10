'use client';

import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Keys } from '#components/shell/shortcuts';
import { SKIP_REASONS, type SkipReason } from '#lib/reviews/schema';
import { BarPanel } from './bar-panel.tsx';
import { PanelSubmit } from './panel-submit.tsx';
import classes from './workbench.module.css';

const REASONS: Record<SkipReason, { letter: string; label: string }> = {
  not_my_field: { letter: 'n', label: 'Not my field' },
  needs_context: { letter: 'c', label: 'Needs more context' },
  language: { letter: 'l', label: 'I do not read this language' },
  distressing: { letter: 'd', label: 'Distressing' },
  broken: { letter: 'b', label: 'Broken or empty' },
  other: { letter: 'o', label: 'Something else…' },
};

type SkipPanelProps = { onSkip: (reason: SkipReason, note: string | null) => void; onClose: () => void };

/** Why an item is passed on: one key, and it is hidden for this person only. */
export function SkipPanel({ onSkip, onClose }: SkipPanelProps) {
  const [other, setOther] = useState(false);
  function pick(reason: SkipReason) {
    if (reason === 'other') setOther(true);
    else onSkip(reason, null);
  }
  if (other) return <OtherReason onSkip={onSkip} onClose={onClose} />;
  return (
    <BarPanel title="Skip: it is hidden for you, others see it. Why?" onClose={onClose}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys for the buttons inside, which are there for the mouse. */}
      <div
        className={classes.choices}
        onKeyDown={(event) => {
          if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
          const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
          const reason = SKIP_REASONS.find(
            (each, index) => REASONS[each].letter === event.key || String(index + 1) === digit,
          );
          if (!reason) return;
          event.preventDefault();
          event.stopPropagation();
          pick(reason);
        }}
      >
        {SKIP_REASONS.map((reason, index) => (
          <Button
            key={reason}
            size="xs"
            variant="default"
            justify="space-between"
            data-autofocus={index === 0 || undefined}
            onClick={() => pick(reason)}
            rightSection={<Keys keys={`${index + 1} ${REASONS[reason].letter}`} />}
          >
            {REASONS[reason].label}
          </Button>
        ))}
      </div>
    </BarPanel>
  );
}

function OtherReason({ onSkip, onClose }: SkipPanelProps) {
  const [note, setNote] = useState('');
  return (
    <BarPanel title="Skip: what is it?" onClose={onClose}>
      <form
        className={classes.fields}
        onSubmit={(event) => {
          event.preventDefault();
          if (note.trim() !== '') onSkip('other', note.trim());
        }}
      >
        <TextInput
          data-autofocus
          size="xs"
          aria-label="Why it is skipped"
          placeholder="such as: the prompt is missing"
          value={note}
          maxLength={4_000}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <PanelSubmit label="Skip" missing={note.trim() === '' ? 'Say what it is.' : null} />
      </form>
    </BarPanel>
  );
}
