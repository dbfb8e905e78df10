'use client';

import { Alert, Button } from '@mantine/core';
import Link from 'next/link';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { archiveQueueAction, orderQueuesAction } from '../actions.ts';
import { type Change, ConfirmChange } from '../people/confirm-change.tsx';
import classes from '../settings.module.css';
import { useOrder } from '../use-order.ts';
import { type EditedQueue, QueueDrawer } from './queue-form.tsx';
import { archiveWords, conditionWords } from './words.ts';

/** The queues in the order in which they are tried. */
export function QueueList({ queues, mayChange }: { queues: EditedQueue[]; mayChange: boolean }) {
  const [edited, setEdited] = useState<EditedQueue | null>(null);
  const [drawer, setDrawer] = useState(false);
  const [change, setChange] = useState<Change | null>(null);
  const [asking, setAsking] = useState(false);
  const movable = queues.filter(({ isDefault }) => !isDefault).map(({ id }) => id);
  const { busy, problem, move } = useOrder(movable, (ids) => orderQueuesAction({ ids }));

  function open(queue: EditedQueue | null) {
    setEdited(queue);
    setDrawer(true);
  }
  useShortcuts(mayChange ? [{ keys: 'c', label: 'New queue', run: () => open(null) }] : []);

  // A moved row is taken out of the page and put back, which loses its focus; the next press must find it.
  const pressed = useRef<string | null>(null);
  const order = movable.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new order moves rows.
  useEffect(() => {
    if (pressed.current && document.activeElement === document.body)
      document.getElementById(pressed.current)?.focus();
    pressed.current = null;
  }, [order]);

  async function step(queue: EditedQueue, by: 1 | -1) {
    pressed.current = `${by < 0 ? '-' : '+'}${queue.id}`;
    await move(queue.id, queue.name, by);
  }
  function arrows(event: KeyboardEvent, queue: EditedQueue) {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    step(queue, event.key === 'ArrowUp' ? -1 : 1);
  }

  function archive({ id, name, pending, capped, forLeads }: EditedQueue) {
    setChange({
      title: `Archive “${name}”?`,
      words: archiveWords(pending, capped, forLeads),
      confirm: 'Archive',
      done: `“${name}” is archived. What was pending in it moves within seconds.`,
      run: () => archiveQueueAction({ id }),
    });
    setAsking(true);
  }

  return (
    <>
      {mayChange && (
        <Button mb={12} onClick={() => open(null)} rightSection={<Keys keys="c" />}>
          New queue
        </Button>
      )}
      {problem && (
        <Alert color="red" variant="outline" role="alert" mb={12}>
          {problem}
        </Alert>
      )}
      {mayChange && movable.length > 1 && (
        <p className={classes.intro}>On Up or Down, the arrow keys move the queue.</p>
      )}
      <ol className={classes.list}>
        {queues.map((queue, index) => (
          <li key={queue.id} className={classes.item}>
            <div className={classes.words}>
              <h2 className={classes.name}>
                <Visible text={queue.name} />
              </h2>
              <p className={classes.line}>
                {queue.isDefault ? 'The default: takes what no other queue takes' : 'Takes '}
                {!queue.isDefault && <Visible text={conditionWords(queue.conditions)} />}
                {queue.requiredReviews > 1 && `; each needs ${queue.requiredReviews} reviews`}
                {queue.secondShare !== null &&
                  `; ${Math.round(queue.secondShare * 100_000) / 1_000}% are read twice`}
                .
              </p>
              <p className={classes.line}>
                <Link href={`/queue?queue=${encodeURIComponent(queue.key)}`} prefetch={false}>
                  {queue.pending.toLocaleString('en')}
                  {queue.capped && '+'} pending
                  <span className="spoken"> in {queue.name}</span>
                </Link>
                {queue.forLeads > 0 && `, ${queue.forLeads.toLocaleString('en')} for leads`}
                {queue.oldest && (
                  <>
                    , the oldest came <RelativeTime at={queue.oldest} />
                  </>
                )}
              </p>
            </div>
            {mayChange && (
              <div className={classes.acts}>
                {!queue.isDefault && (
                  <>
                    <Button
                      size="compact-xs"
                      variant="default"
                      id={`-${queue.id}`}
                      aria-disabled={busy || index === 0}
                      onClick={() => step(queue, -1)}
                      onKeyDown={(event) => arrows(event, queue)}
                    >
                      Up<span className="spoken">, {queue.name}</span>
                    </Button>
                    <Button
                      size="compact-xs"
                      variant="default"
                      id={`+${queue.id}`}
                      aria-disabled={busy || index === movable.length - 1}
                      onClick={() => step(queue, 1)}
                      onKeyDown={(event) => arrows(event, queue)}
                    >
                      Down<span className="spoken">, {queue.name}</span>
                    </Button>
                  </>
                )}
                <Button size="compact-xs" variant="default" onClick={() => open(queue)}>
                  Change<span className="spoken"> {queue.name}</span>
                </Button>
                {!queue.isDefault && (
                  <Button size="compact-xs" variant="default" onClick={() => archive(queue)}>
                    Archive<span className="spoken"> {queue.name}</span>
                  </Button>
                )}
              </div>
            )}
          </li>
        ))}
      </ol>
      <QueueDrawer queue={edited} opened={drawer} onClose={() => setDrawer(false)} />
      <ConfirmChange change={change} opened={asking} onClose={() => setAsking(false)} />
    </>
  );
}
