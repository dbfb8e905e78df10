'use client';

import { Alert, Button, Modal, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { DataTable } from '#components/data-table/data-table';
import { Visible } from '#components/diff/visible';
import { EmptyState } from '#components/empty-state';
import { once } from '#components/once';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { GoldenRow } from '#lib/golden/queries';
import { VERDICTS } from '#lib/reviews/schema';
import { markGoldenAction, retireGoldenAction } from '../actions.ts';
import { type Change, ConfirmChange } from '../people/confirm-change.tsx';

const markGoldenOnce = once(markGoldenAction);

type ShownGolden = Omit<GoldenRow, 'createdAt' | 'retiredAt'> & { retired: boolean };
type Props = { rows: ShownGolden[]; policies: { key: string; title: string }[] };

/** Golden items with how they were answered, and the form that marks one. */
export function GoldenList({ rows, policies }: Props) {
  const [change, setChange] = useState<Change | null>(null);
  const [asking, setAsking] = useState(false);

  function retire({ id }: ShownGolden) {
    setChange({
      title: 'Retire this golden item?',
      words: 'Nobody is served it from now on, and it cannot be golden again. Its answers stay.',
      confirm: 'Retire',
      done: 'Retired.',
      run: () => retireGoldenAction({ interactionId: id }),
    });
    setAsking(true);
  }

  return (
    <>
      <MarkGolden policies={policies} />
      <DataTable
        caption="Golden items"
        rows={rows}
        rowKey={({ id }) => id}
        href={({ id }) => `/interactions/${id}`}
        empty={
          <EmptyState title="No golden items yet">
            Mark a decided interaction whose answer nobody doubts. It is mixed unmarked into the work of those
            who had no part in its decision.
          </EmptyState>
        }
        columns={[
          { key: 'title', header: 'Interaction', cell: (row) => <Visible text={row.title} /> },
          { key: 'verdict', header: 'Known answer', width: '130px', cell: (row) => row.verdict },
          {
            key: 'policy',
            header: 'Policy',
            width: '150px',
            hideBelow: 'md',
            cell: (row) => policies.find(({ key }) => key === row.policyKey)?.title ?? row.policyKey ?? '',
          },
          { key: 'answers', header: 'Answers', width: '150px', hideBelow: 'sm', cell: answered },
          {
            key: 'act',
            header: 'Served',
            width: '90px',
            cell: (row) =>
              row.retired ? (
                'retired'
              ) : (
                <Button size="compact-xs" variant="default" onClick={() => retire(row)}>
                  Retire<span className="spoken"> {row.title}</span>
                </Button>
              ),
          },
        ]}
      />
      <ConfirmChange change={change} opened={asking} onClose={() => setAsking(false)} />
    </>
  );
}

function answered({ answers, right, people }: ShownGolden) {
  if (answers === 0) return 'none yet';
  const share = right === null ? '' : `, ${Math.round((right / answers) * 100)}% as known`;
  const names = people?.map(({ name, verdict }) => `${name}: ${verdict}`).join(', ');
  return <span title={names}>{`${answers}${share}${names ? ` (${names})` : ''}`}</span>;
}

function MarkGolden({ policies }: { policies: Props['policies'] }) {
  const [opened, { open, close }] = useDisclosure();
  const [fields, setFields] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useShortcuts([{ keys: 'c', label: 'Mark a golden item', run: open }]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget);
    const of = (name: string) => String(form.get(name) ?? '').trim();
    setBusy(true);
    const result = await markGoldenOnce({
      // The address of an interaction will do as well as its id.
      interactionId: of('interactionId').split(/[?#]/)[0]?.split('/').at(-1),
      verdict: of('verdict'),
      policyKey: of('policyKey') || null,
      note: of('note') || null,
    });
    setBusy(false);
    setFields(result.ok ? {} : (result.fields ?? {}));
    setProblem(result.ok ? null : result.message);
    if (!result.ok) return;
    notifications.show({ message: 'Marked. It is served now and then, as Review says.' });
    close();
  }

  return (
    <>
      <Button mb={12} onClick={open} rightSection={<Keys keys="c" />}>
        Mark a golden item
      </Button>
      <Modal opened={opened} onClose={close} title="Mark a golden item">
        <form onSubmit={submit} noValidate>
          <Stack gap={12}>
            {problem && (
              <Alert color="red" variant="outline" role="alert">
                {problem}
              </Alert>
            )}
            <TextInput
              name="interactionId"
              label="Interaction"
              description="The id or the address of a decided one"
              required
              error={fields.interactionId}
              data-autofocus
            />
            <NativeSelect name="verdict" label="Known answer" data={[...VERDICTS]} error={fields.verdict} />
            <NativeSelect
              name="policyKey"
              label="Policy"
              data={[
                { value: '', label: 'none' },
                ...policies.map(({ key, title }) => ({ value: key, label: title })),
              ]}
              error={fields.policyKey}
            />
            <Textarea
              name="note"
              label="Why"
              description="Whoever answered otherwise reads it later"
              autosize
              minRows={2}
              error={fields.note}
            />
            <Button type="submit" loading={busy}>
              Mark
            </Button>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
