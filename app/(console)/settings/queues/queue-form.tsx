'use client';

import {
  Alert,
  Button,
  Drawer,
  MultiSelect,
  NumberInput,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { attempt, refusalWords } from '#components/attempt';
import { once } from '#components/once';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';
import type { ListedQueue } from '#lib/queues/queries';
import type { RoutingConditions } from '#lib/queues/schema';
import { SURFACES } from '#sdk/rule';
import { createQueueAction, editQueueAction } from '../actions.ts';
import { CONDITIONS } from './words.ts';

const createQueueOnce = once(createQueueAction);

/** A listed queue as the page passes it on; `oldest` is an ISO date. */
export type EditedQueue = Omit<ListedQueue, 'oldestReceivedAt'> & { oldest: string | null };
type Props = { queue: EditedQueue | null; opened: boolean; onClose: () => void };

const CHOICES: Partial<Record<keyof RoutingConditions, readonly string[]>> = {
  category: CATEGORIES,
  severity: SEVERITIES,
  surface: SURFACES,
};

/** Makes a queue, or changes one; null makes one. */
export function QueueDrawer({ queue, opened, onClose }: Props) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      title={queue ? `Change “${queue.name}”` : 'New queue'}
    >
      {opened && <QueueForm key={queue?.id ?? 'new'} queue={queue} onDone={onClose} />}
    </Drawer>
  );
}

function QueueForm({ queue, onDone }: { queue: EditedQueue | null; onDone: () => void }) {
  const [conditions, setConditions] = useState<Record<string, string[]>>(() => ({ ...queue?.conditions }));
  const [reviews, setReviews] = useState<number | string>(queue?.requiredReviews ?? 1);
  const [share, setShare] = useState<number | string>(
    queue?.secondShare == null ? '' : Math.round(queue.secondShare * 100_000) / 1_000,
  );
  const [fields, setFields] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget);
    if (reviews === '') {
      setProblem('Nothing was saved; what you typed is still here.');
      return setFields({ requiredReviews: 'is needed, from 1 to 5' });
    }
    const input = {
      name: String(form.get('name') ?? '').trim(),
      conditions: Object.fromEntries(Object.entries(conditions).filter(([, values]) => values.length > 0)),
      requiredReviews: reviews,
      secondShare: share === '' ? null : Math.round(Number(share) * 1_000) / 100_000,
    };
    // What was not touched here is left as others may have changed it meanwhile.
    const changed = Object.entries(input).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(queue?.[field as keyof typeof input]),
    );
    setBusy(true);
    const result = await attempt<unknown>(
      queue
        ? editQueueAction({ id: queue.id, ...Object.fromEntries(changed) })
        : createQueueOnce({ key: String(form.get('key') ?? '').trim(), ...input }),
    );
    setBusy(false);
    setFields(result.ok ? {} : (result.fields ?? {}));
    setProblem(result.ok ? null : refusalWords(result, 'Nothing was saved; what you typed is still here.'));
    if (!result.ok) return;
    notifications.show({ message: 'Saved. What is pending is routed again within seconds.' });
    onDone();
  }

  const wrong = (field: string) => Object.entries(fields).find(([path]) => path.startsWith(field))?.[1];
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap={12}>
        {problem && (
          <Alert color="red" variant="outline" role="alert">
            {problem}
          </Alert>
        )}
        <TextInput
          name="name"
          label="Name"
          required
          defaultValue={queue?.name}
          error={wrong('name')}
          data-autofocus
        />
        {!queue && (
          <TextInput
            name="key"
            label="Key"
            description="Small letters, digits and hyphens; it stands in addresses and never changes."
            required
            error={wrong('key')}
          />
        )}
        {queue?.isDefault ? (
          <Text size="sm">
            This is the default queue: it takes what no other queue takes, so it has no conditions.
          </Text>
        ) : (
          CONDITIONS.map((field) => {
            const shared = {
              label: `${field[0]?.toUpperCase()}${field.slice(1)} is`,
              placeholder: conditions[field]?.length ? '' : 'any',
              value: conditions[field] ?? [],
              onChange: (values: string[]) => setConditions({ ...conditions, [field]: values }),
              error: wrong(`conditions.${field}`),
            };
            const choices = CHOICES[field];
            return choices ? (
              <MultiSelect key={field} {...shared} data={[...choices]} />
            ) : (
              <TagsInput
                key={field}
                {...shared}
                description="Spelled as your gateway sends it; Enter takes each"
                acceptValueOnBlur
              />
            );
          })
        )}
        <NumberInput
          label="Reviews that each item needs"
          min={1}
          max={5}
          allowDecimal={false}
          value={reviews}
          onChange={setReviews}
          error={wrong('requiredReviews')}
        />
        <NumberInput
          label="Percent that a second person decides"
          description="Empty takes the one under Review. It counts where one review would do."
          min={0}
          max={100}
          value={share}
          onChange={setShare}
          error={wrong('secondShare')}
        />
        <Button type="submit" loading={busy}>
          {queue ? 'Save' : 'Make the queue'}
        </Button>
      </Stack>
    </form>
  );
}
