'use client';

import { Button, NumberInput, Popover, Select, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRouter } from 'next/navigation';
import { type FormEvent, type ReactNode, useState, useTransition } from 'react';
import { attempt } from '#components/attempt';
import { LinkButton } from '#components/link-button';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { ActionResult } from '#lib/action';
import { MAX_SELECTED } from '#lib/reviews/schema';
import type { Reviewer } from '#lib/users/queries';
import { handOverAllAction, holdAllAction } from './actions.ts';
import classes from './queue.module.css';
import type { Parted } from './work.ts';

type SelectionBarProps = {
  ids: string[];
  query: string;
  /** Whom they can be handed to. */
  others: Reviewer[];
  mayReview: boolean;
  mayDeclare: boolean;
  onDone: () => void;
};

/** What can be done with the selected items, by the keys that do it to one in the workbench. */
export function SelectionBar({ ids, query, others, mayReview, mayDeclare, onDone }: SelectionBarProps) {
  const router = useRouter();
  const [panel, setPanel] = useState<'hold' | 'handover' | null>(null);
  const [sending, startSending] = useTransition();
  // A word on many is given where each way in which they differ is on the screen.
  const decide = ids.length === 1 ? `/queue/${ids[0]}${query}` : `/bulk?items=${ids.join(',')}`;
  const declare = `/incidents/new?interactions=${ids.join(',')}`;

  function send(call: Promise<ActionResult<Parted>>, done: string) {
    startSending(async () => {
      const answer = await attempt(call);
      notifications.show(
        answer.ok ? { message: wordsOf(answer.data, done) } : { color: 'red', message: answer.message },
      );
      if (!answer.ok) return;
      setPanel(null);
      onDone();
    });
  }

  const group = 'Selected';
  useShortcuts([
    { keys: 'Escape', label: 'Select nothing', group, run: onDone },
    ...(mayReview
      ? [
          { act: 'review.hold', label: 'Hold what is selected', group, run: () => setPanel('hold') },
          {
            act: 'review.handover',
            label: 'Hand over what is selected',
            group,
            run: () => setPanel('handover'),
          },
        ]
      : []),
    ...(mayDeclare
      ? [{ act: 'review.escalate', label: 'Declare an incident', group, run: () => router.push(declare) }]
      : []),
  ]);

  return (
    <div className={classes.selection}>
      <span role="status">{ids.length.toLocaleString('en')} selected</span>
      {mayReview &&
        (ids.length > MAX_SELECTED ? (
          <span className={classes.marks}>Select at most {MAX_SELECTED} to decide them at once.</span>
        ) : (
          <LinkButton href={decide} size="xs">
            Decide
          </LinkButton>
        ))}
      {mayReview && (
        <>
          <Panel
            label="Hold"
            act="review.hold"
            opened={panel === 'hold'}
            onChange={(now) => setPanel(now ? 'hold' : null)}
          >
            <HoldForm
              busy={sending}
              onSend={(minutes, reason) =>
                send(holdAllAction({ interactionIds: ids, minutes, reason }), `held for ${minutes} minutes`)
              }
            />
          </Panel>
          <Panel
            label="Hand over"
            act="review.handover"
            opened={panel === 'handover'}
            onChange={(now) => setPanel(now ? 'handover' : null)}
          >
            <HandOverForm
              people={others}
              busy={sending}
              onSend={(toUserId, name, note) =>
                send(handOverAllAction({ interactionIds: ids, toUserId, note }), `handed to ${name}`)
              }
            />
          </Panel>
        </>
      )}
      {mayDeclare && (
        <LinkButton href={declare} size="xs" variant="default" rightSection={<Keys act="review.escalate" />}>
          Declare incident
        </LinkButton>
      )}
      <Button size="xs" variant="subtle" onClick={onDone}>
        Clear
      </Button>
    </div>
  );
}

function wordsOf({ done, refused }: Parted, what: string): string {
  const kept = refused.map(({ message, count }) => (count === 1 ? message : `${count} times: ${message}`));
  return [`${done.toLocaleString('en')} ${what}.`, ...kept].join(' ');
}

type PanelProps = {
  label: string;
  act: string;
  opened: boolean;
  onChange: (opened: boolean) => void;
  children: ReactNode;
};

function Panel({ label, act, opened, onChange, children }: PanelProps) {
  return (
    <Popover opened={opened} onChange={onChange} trapFocus returnFocus position="top-start">
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          onClick={() => onChange(!opened)}
          rightSection={<Keys act={act} />}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={`${label} what is selected`}>{children}</Popover.Dropdown>
    </Popover>
  );
}

type HoldFormProps = { busy: boolean; onSend: (minutes: number, reason: string) => void };

function HoldForm({ busy, onSend }: HoldFormProps) {
  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    if (!busy) onSend(Number(given.get('minutes')), String(given.get('reason')));
  }
  return (
    <form className={classes.fields} onSubmit={send}>
      <NumberInput
        size="xs"
        w={92}
        name="minutes"
        label="Minutes"
        min={1}
        allowDecimal={false}
        defaultValue={30}
        required
        data-autofocus
      />
      <TextInput size="xs" name="reason" label="Why" minLength={3} maxLength={4_000} required />
      <Button size="xs" type="submit" loading={busy}>
        Hold
      </Button>
    </form>
  );
}

type HandOverFormProps = {
  people: Reviewer[];
  busy: boolean;
  onSend: (toUserId: string, name: string, note: string) => void;
};

function HandOverForm({ people, busy, onSend }: HandOverFormProps) {
  const [toId, setToId] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const to = people.find(({ id }) => id === toId);
    if (!to) return setProblem('Choose who gets them.');
    if (!busy) onSend(to.id, to.name, String(new FormData(event.currentTarget).get('note')));
  }
  return (
    <form className={classes.fields} onSubmit={send}>
      <Select
        size="xs"
        label="To"
        placeholder="type a name"
        searchable
        selectFirstOptionOnChange
        data-autofocus
        value={toId}
        onChange={setToId}
        error={problem}
        data={people.map(({ id, label }) => ({ value: id, label }))}
        comboboxProps={{ withinPortal: false, position: 'top-start' }}
        nothingFoundMessage="nobody of that name reviews here"
      />
      <TextInput size="xs" name="note" label="Note" minLength={3} maxLength={4_000} required />
      <Button size="xs" type="submit" loading={busy}>
        Hand over
      </Button>
    </form>
  );
}
