'use client';

import { Button } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { type ReactNode, useState } from 'react';
import { type Column, DataTable } from '#components/data-table/data-table';
import { Visible } from '#components/diff/visible';
import { RelativeTime, useNow } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import type { QueueRow } from '#lib/reviews/queue-rows';
import { BandMark } from './band-mark.tsx';
import classes from './queue.module.css';

// What was flagged keeps at least a third of the width; the model and the surface stand on the item itself.
const COLUMNS: Column<QueueRow>[] = [
  { key: 'title', header: 'What was flagged', cell: (row) => <Flagged row={row} /> },
  {
    key: 'band',
    header: 'Due band',
    width: '96px',
    hideBelow: 'sm',
    cell: (row) => <BandMark band={row.band} why={row.why} />,
  },
  {
    key: 'severity',
    header: 'Severity',
    width: '84px',
    cell: (row) => <SeverityBadge severity={row.severity} />,
  },
  {
    key: 'category',
    header: 'Category',
    width: '138px',
    hideBelow: 'md',
    cell: (row) => row.category.replaceAll('_', ' '),
  },
  {
    key: 'language',
    header: 'Language',
    width: '92px',
    hideBelow: 'md',
    cell: (row) => <Visible text={row.language} />,
  },
  {
    key: 'waiting',
    header: 'Waiting',
    width: '88px',
    hideBelow: 'sm',
    cell: (row) => <RelativeTime at={row.receivedAt} />,
  },
  { key: 'due', header: 'Due', width: '88px', cell: (row) => <Due at={row.dueAt} /> },
  {
    key: 'held',
    header: 'Held by',
    width: '112px',
    hideBelow: 'sm',
    cell: (row) => holderOf(row),
  },
];

/** The pending list: rows open the workbench, selected rows become an incident. */
export function QueueTable({
  rows,
  query,
  mayDeclare,
  empty,
}: {
  rows: QueueRow[];
  /** The filters, kept in the address of the item so that the next one is within them. */
  query: string;
  mayDeclare: boolean;
  empty: ReactNode;
}) {
  const router = useRouter();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  // What left the queue meanwhile cannot be seen, so it must not be acted on.
  const chosen = rows.filter((row) => selected.has(row.id)).map((row) => row.id);

  function toggle(id: string) {
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }

  return (
    <>
      {mayDeclare && chosen.length > 0 && (
        <div className={classes.selection} role="status">
          <span>{chosen.length} selected</span>
          <Button size="xs" onClick={() => router.push(`/incidents/new?interactions=${chosen.join(',')}`)}>
            Declare incident from {chosen.length}
          </Button>
          <Button size="xs" variant="default" onClick={() => setSelected(new Set())}>
            Clear
          </Button>
        </div>
      )}
      <DataTable
        caption="Pending interactions"
        columns={COLUMNS}
        rows={rows}
        rowKey={(row) => row.id}
        href={(row) => `/queue/${row.id}${query}`}
        {...(mayDeclare && { selected, onToggle: toggle })}
        empty={empty}
      />
    </>
  );
}

function Flagged({ row }: { row: QueueRow }) {
  const marks = [
    row.cluster && row.cluster.size > 1 && `${row.cluster.size.toLocaleString('en')} alike`,
    row.handedTo && `handed to ${row.handedTo}${row.handedBy ? ` by ${row.handedBy}` : ''}`,
    row.skipped && 'you skipped it',
  ].filter((mark) => typeof mark === 'string');
  return (
    <>
      <Visible text={row.title} />
      {marks.length > 0 && <span className={classes.marks}> · {marks.join(' · ')}</span>}
      {row.holdReason && (
        <span className={classes.marks}>
          {' · on hold: '}
          <Visible text={row.holdReason} />
        </span>
      )}
    </>
  );
}

function holderOf(row: QueueRow): string {
  if (row.mine) return row.holdReason ? 'you, on hold' : 'you';
  return row.heldBy ?? '';
}

function Due({ at }: { at: Date }) {
  const now = useNow();
  const late = now !== null && new Date(at).getTime() < now;
  return (
    <span className={late ? classes.late : undefined}>
      <RelativeTime at={at} />
      {late && <span className="spoken"> (overdue)</span>}
    </span>
  );
}
