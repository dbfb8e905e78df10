'use client';

import { Button, Select, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { attempt } from '#components/attempt';
import { Keys } from '#components/shell/shortcuts';
import type { Reviewer } from '#lib/users/queries';
import { reviewersAction } from '../actions.ts';
import { BarPanel } from './bar-panel.tsx';
import classes from './workbench.module.css';

type HandoverPanelProps = {
  /** Who hands over, and so is not offered. */
  selfId: string;
  onGive: (to: { id: string; name: string }, note: string) => void;
  onClose: () => void;
};

/** Gives an item to one person, with a word that they read beside it. */
export function HandoverPanel({ selfId, onGive, onClose }: HandoverPanelProps) {
  const [people, setPeople] = useState<Reviewer[] | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [toId, setToId] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const to = people?.find(({ id }) => id === toId);
  const ready = to !== undefined && note.trim().length >= 3;

  useEffect(() => {
    let gone = false;
    attempt(reviewersAction()).then((answer) => {
      if (gone) return;
      if (answer.ok) setPeople(answer.data.filter(({ id }) => id !== selfId));
      else setFailed(answer.message);
    });
    return () => {
      gone = true;
    };
  }, [selfId]);

  return (
    <BarPanel title="Hand over: they get it first, with your note" onClose={onClose}>
      <form
        className={classes.fields}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) onGive(to, note.trim());
        }}
      >
        <Select
          size="xs"
          label="To"
          placeholder={people === null ? 'loading…' : 'type a name'}
          searchable
          selectFirstOptionOnChange
          data-autofocus
          error={failed}
          value={toId}
          onChange={setToId}
          data={(people ?? []).map(({ id, label }) => ({ value: id, label }))}
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
        <Button size="xs" type="submit" disabled={!ready} rightSection={<Keys keys="Enter" />}>
          Hand over
        </Button>
      </form>
    </BarPanel>
  );
}
