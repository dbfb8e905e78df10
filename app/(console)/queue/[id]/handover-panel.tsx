'use client';

import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Reviewer } from '#lib/users/queries';
import { BarPanel } from './bar-panel.tsx';
import { PanelSubmit } from './panel-submit.tsx';
import classes from './workbench.module.css';

type HandoverPanelProps = {
  people: Reviewer[];
  onGive: (to: { id: string; name: string }, note: string) => void;
  onClose: () => void;
};

/** Gives an item to one person, with a word that they read beside it. */
export function HandoverPanel({ people, onGive, onClose }: HandoverPanelProps) {
  const [toId, setToId] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const to = people.find(({ id }) => id === toId);
  const missing = !to
    ? 'Choose who gets it.'
    : note.trim().length < 3
      ? 'Write them a note of at least three letters.'
      : null;

  return (
    <BarPanel title="Hand over: they get it first, with your note" onClose={onClose}>
      <form
        className={classes.fields}
        onSubmit={(event) => {
          event.preventDefault();
          if (to && missing === null) onGive(to, note.trim());
        }}
      >
        <Select
          size="xs"
          label="To"
          placeholder="type a name"
          searchable
          selectFirstOptionOnChange
          data-autofocus
          value={toId}
          onChange={setToId}
          data={people.map(({ id, label }) => ({ value: id, label }))}
          comboboxProps={{ withinPortal: false, position: 'top-start' }}
          nothingFoundMessage="nobody of that name reviews here"
        />
        <TextInput
          size="xs"
          label="Note"
          placeholder="such as: you know this framework"
          value={note}
          maxLength={4_000}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <PanelSubmit label="Hand over" missing={missing} />
      </form>
    </BarPanel>
  );
}
