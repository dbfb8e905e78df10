'use client';

import { Alert, Button } from '@mantine/core';
import Link from 'next/link';
import { useState } from 'react';
import { Visible } from '#components/diff/visible';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { archiveQueueAction, orderQueuesAction } from '../actions.ts';
import { type Change, ConfirmChange } from '../people/confirm-change.tsx';
import classes from '../settings.module.css';
import { useOrder } from '../use-order.ts';
import { type EditedQueue, QueueDrawer } from './queue-form.tsx';
import { conditionWords } from './words.ts';

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

  function archive({ id, name, pending, capped }: EditedQueue) {
    const waiting = `${pending.toLocaleString('en')}${capped ? ' or more' : ''}`;
    setChange({
      title: `Archive “${name}”?`,
      words: `The ${waiting} pending in it move to the queues whose conditions they meet. What was decided stays as it is.`,
      confirm: 'Archive',
      done: `“${name}” is archived.`,
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
      <ol className={classes.list}>
        {queues.map((queue, index) => (
          <li key={queue.id} className={classes.item}>
            <div className={classes.words}>
              <h2 className={classes.name}>
                <Visible text={queue.name} />
              </h2>
              <p className={classes.line}>
                {queue.isDefault ? 'Takes what no other queue takes' : 'Takes '}
                {!queue.isDefault && <Visible text={conditionWords(queue.conditions)} />}
                {queue.requiredReviews > 1 && `; each needs ${queue.requiredReviews} reviews`}
                {queue.secondShare !== null &&
                  `; ${Math.round(queue.secondShare * 1_000) / 10} percent get a second one`}
                .
              </p>
              <p className={classes.line}>
                <Link href={`/queue?queue=${encodeURIComponent(queue.key)}`} prefetch={false}>
                  {queue.pending.toLocaleString('en')}
                  {queue.capped && '+'} pending
                  <span className="spoken"> in {queue.name}</span>
                </Link>
                {queue.forLeads > 0 && `, ${queue.forLeads.toLocaleString('en')} for leads`}
              </p>
            </div>
            {mayChange && (
              <div className={classes.acts}>
                {!queue.isDefault && (
                  <>
                    <Button
                      size="compact-xs"
                      variant="default"
                      aria-disabled={busy || index === 0}
                      onClick={() => move(queue.id, queue.name, -1)}
                    >
                      Up<span className="spoken">, {queue.name}</span>
                    </Button>
                    <Button
                      size="compact-xs"
                      variant="default"
                      aria-disabled={busy || index === movable.length - 1}
                      onClick={() => move(queue.id, queue.name, 1)}
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
