'use client';

import { Button, Textarea } from '@mantine/core';
import { type FormEvent, type KeyboardEvent, useRef, useState, useTransition } from 'react';
import { once } from '#components/once';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { MAX_NOTE } from '#lib/incidents/schema';
import { noteIncidentAction } from '../actions.ts';
import classes from './incident.module.css';

const noteIncidentOnce = once(noteIncidentAction);

/** A note joins the timeline for good; what is typed stays until it has. */
export function NoteBox({ incident }: { incident: string }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, startTransition] = useTransition();
  useShortcuts([{ keys: 'n', label: 'Write a note', run: () => box.current?.focus() }]);

  function submit(event?: FormEvent) {
    event?.preventDefault();
    if (text.trim() === '' || pending) return;
    startTransition(async () => {
      const result = await noteIncidentOnce({ incident, text });
      setProblem(result.ok ? null : result.message);
      // What was typed on while it was sent stays.
      if (result.ok) setText((now) => (now.startsWith(text) ? now.slice(text.length) : now));
    });
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
    if (event.key === 'Escape') box.current?.blur();
  }

  return (
    <form onSubmit={submit} className={classes.note}>
      <Textarea
        ref={box}
        aria-label="Note"
        placeholder="What you see, decide or hand over"
        autosize
        minRows={1}
        maxRows={10}
        maxLength={MAX_NOTE}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        error={problem}
      />
      <Button
        type="submit"
        variant="default"
        loading={pending}
        disabled={text.trim() === ''}
        rightSection={<Keys keys="n" />}
      >
        Add note
      </Button>
    </form>
  );
}
