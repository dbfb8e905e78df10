'use client';

import { Button, NativeSelect } from '@mantine/core';
import { type FormEvent, useState, useTransition } from 'react';
import { once } from '#components/once';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { assignCommanderAction } from '../actions.ts';
import classes from './incident.module.css';

const assignCommanderOnce = once(assignCommanderAction);

type Props = {
  incident: string;
  version: number;
  commanderId: string | null;
  commanders: { id: string; label: string }[];
  me: string;
};

/** Gives the incident to somebody who may lead it; one click when that is the reader. */
export function HandOver({ incident, version, commanderId, commanders, me }: Props) {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, startTransition] = useTransition();
  const others = commanders.filter((person) => person.id !== commanderId);
  const mayTake = others.some((person) => person.id === me);
  const takes = mayTake && commanderId === null;
  const words = commanderId ? 'Hand over' : 'Assign a commander';
  useShortcuts([
    ...(takes ? [{ keys: 'c', label: 'Take command', run: () => assign(me) }] : []),
    ...(others.length > 0 ? [{ keys: 'o', label: words, run: () => setOpen(true) }] : []),
  ]);

  function assign(id: string) {
    startTransition(async () => {
      const result = await assignCommanderOnce({ incident, version, commanderId: id });
      setProblem(result.ok ? null : result.message);
      if (result.ok) setOpen(false);
    });
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    assign(String(new FormData(event.currentTarget).get('commanderId')));
  }

  if (!open) {
    return (
      <>
        {takes && (
          <Button
            size="compact-xs"
            variant="default"
            loading={pending}
            onClick={() => assign(me)}
            rightSection={<Keys keys="c" />}
          >
            Take command
          </Button>
        )}
        {others.length > 0 && (
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => setOpen(true)}
            rightSection={<Keys keys="o" />}
          >
            {commanderId ? 'Hand over' : 'Assign'}
          </Button>
        )}
        {problem && (
          <span role="alert" className={classes.problem}>
            {problem}
          </span>
        )}
      </>
    );
  }
  return (
    <form onSubmit={submit} className={classes.inline}>
      <NativeSelect
        size="xs"
        name="commanderId"
        aria-label="New commander"
        defaultValue={mayTake ? me : undefined}
        data={others.map(({ id, label }) => ({ value: id, label: id === me ? `${label}, you` : label }))}
        error={problem}
        autoFocus
      />
      <Button type="submit" size="xs" loading={pending}>
        {commanderId ? 'Hand over' : 'Assign'}
      </Button>
      <Button size="xs" variant="subtle" onClick={() => setOpen(false)}>
        Cancel
      </Button>
    </form>
  );
}
