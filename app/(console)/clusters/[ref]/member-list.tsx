'use client';

import { Button, SegmentedControl } from '@mantine/core';
import { usePathname, useRouter } from 'next/navigation';
import { useState } from 'react';
import { type Column, DataTable } from '#components/data-table/data-table';
import { Visible } from '#components/diff/visible';
import { EmptyState } from '#components/empty-state';
import { LinkButton } from '#components/link-button';
import { RelativeTime } from '#components/relative-time';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { ClusterMemberRow } from '#lib/clusters/members';
import classes from '../clusters.module.css';
import { Differences } from '../differences.tsx';
import { counted } from '../words.ts';
import { SplitDialog } from './split-dialog.tsx';

type MemberListProps = {
  clusterId: string;
  members: ClusterMemberRow[];
  state: 'pending' | 'decided' | 'all';
  nextCursor: string | null;
  first: boolean;
  maySplit: boolean;
};

const COLUMNS: Column<ClusterMemberRow>[] = [
  {
    key: 'differs',
    header: 'What differs from the one above',
    cell: (row) =>
      row.representative ? 'this is the one above' : <Differences differences={row.differences} />,
  },
  {
    key: 'state',
    header: 'Decision',
    width: '76px',
    cell: (row) => row.verdict ?? (row.heldUntil ? 'in hand' : 'waits'),
  },
  {
    key: 'model',
    header: 'Model',
    width: '150px',
    hideBelow: 'md',
    cell: (row) => <Visible text={`${row.modelName} ${row.modelVersion}`} />,
  },
  {
    key: 'tenant',
    header: 'Tenant',
    width: '110px',
    hideBelow: 'md',
    cell: (row) => <Visible text={[row.tenant, row.tier].filter(Boolean).join(', ') || '–'} />,
  },
  {
    key: 'similar',
    header: 'Similar',
    width: '92px',
    align: 'end',
    hideBelow: 'sm',
    cell: (row) => (row.similarity === 1 ? 'same form' : `${Math.round(row.similarity * 100)} %`),
  },
  {
    key: 'received',
    header: 'Arrived',
    width: '92px',
    hideBelow: 'sm',
    cell: (row) => <RelativeTime at={row.receivedAt} />,
  },
];

/** The members, those that differ in the same way together; chosen ones become a cluster of their own. */
export function MemberList({ clusterId, members, state, nextCursor, first, maySplit }: MemberListProps) {
  const router = useRouter();
  const pathname = usePathname();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [splitting, setSplitting] = useState(false);
  const rows = [...members].sort((one, other) =>
    kindsOf(one) < kindsOf(other) ? -1 : kindsOf(one) > kindsOf(other) ? 1 : 0,
  );
  const chosen = rows.filter((row) => selected.has(row.id)).map((row) => row.id);

  function toggle(id: string) {
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }
  /** All that differ from the representative in the same kinds of things as the row that has the focus. */
  function selectAlike() {
    const id = document.activeElement?.closest<HTMLElement>('tr[data-row]')?.dataset.row;
    const row = rows.find((each) => each.id === id) ?? rows.find((each) => selected.has(each.id));
    if (row)
      setSelected(new Set(rows.filter((each) => kindsOf(each) === kindsOf(row)).map((each) => each.id)));
  }
  const split = () => chosen.length > 0 && setSplitting(true);

  useShortcuts(
    maySplit
      ? [
          { keys: 'a', label: 'Select all that differ in the same way', group: 'Members', run: selectAlike },
          { keys: 's', label: 'Split the selected off', group: 'Members', run: split },
        ]
      : [],
  );

  return (
    <section aria-label="Members">
      <h2 className={classes.heading}>Members</h2>
      <div className={classes.selection}>
        <SegmentedControl
          size="xs"
          aria-label="Which members"
          value={state}
          onChange={(value) => router.replace(value === 'all' ? pathname : `${pathname}?state=${value}`)}
          data={[
            { value: 'all', label: 'all' },
            { value: 'pending', label: 'waiting' },
            { value: 'decided', label: 'decided' },
          ]}
        />
        {maySplit && (
          <>
            <span role="status">{chosen.length > 0 ? `${chosen.length} selected` : ''}</span>
            <Button
              size="xs"
              variant="default"
              disabled={chosen.length === 0}
              onClick={split}
              rightSection={<Keys keys="s" />}
            >
              Split off
            </Button>
            <Button
              size="xs"
              variant="subtle"
              disabled={chosen.length === 0}
              onClick={() => setSelected(new Set())}
            >
              Clear
            </Button>
          </>
        )}
      </div>
      <DataTable
        caption="Members of the cluster"
        columns={COLUMNS}
        rows={rows}
        rowKey={(row) => row.id}
        href={(row) => (row.state === 'pending' ? `/queue/${row.id}` : `/interactions/${row.id}`)}
        {...(maySplit && { selected, onToggle: toggle })}
        empty={
          <EmptyState title={state === 'pending' ? 'Every member is decided' : 'No member is decided yet'} />
        }
      />
      <nav aria-label="Pages of the members" style={{ display: 'flex', gap: 8, marginTop: 12 }}>
        {!first && (
          <LinkButton href={pathname} variant="default" size="xs">
            Newest
          </LinkButton>
        )}
        {nextCursor && (
          <LinkButton
            href={`${pathname}?${new URLSearchParams({ state, cursor: nextCursor })}`}
            variant="default"
            size="xs"
          >
            Earlier
          </LinkButton>
        )}
      </nav>
      <SplitDialog
        opened={splitting}
        onClose={() => setSplitting(false)}
        clusterId={clusterId}
        interactionIds={chosen}
        words={`${counted(chosen.length, 'member')} become${chosen.length === 1 ? 's' : ''} a cluster of ${chosen.length === 1 ? 'its' : 'their'} own, and what arrives later and is the same goes there. Decisions stay as they are.`}
      />
    </section>
  );
}

function kindsOf(row: ClusterMemberRow): string {
  if (row.representative) return ' ';
  if (row.differences === null) return '~';
  return row.differences.map(({ kind }) => kind).join(' ') || '!';
}
