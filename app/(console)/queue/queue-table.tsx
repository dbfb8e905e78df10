'use client';

import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { type ReactNode, useState } from 'react';
import { type Column, DataTable } from '#components/data-table/data-table';
import { Visible } from '#components/diff/visible';
import { useNow } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import type { QueueGroup } from '#lib/reviews/list';
import type { QueueRow } from '#lib/reviews/queue-rows';
import { deadlineLabel } from '#lib/time';
import type { Reviewer } from '#lib/users/queries';
import classes from './queue.module.css';
import { SelectionBar } from './selection-bar.tsx';

/** A row, with its group where it stands for one, or is one of an open one. */
type TableRow = { row: QueueRow; group: QueueGroup | null; inner: boolean; asOf: string };

// What was flagged keeps at least a third of the width; the model and the surface stand on the item itself.
const COLUMNS: Column<TableRow>[] = [
  { key: 'title', header: 'What was flagged', wraps: true, cell: (shown) => <Flagged {...shown} /> },
  {
    key: 'severity',
    header: 'Severity',
    width: '72px',
    cell: ({ row, group }) => <SeverityBadge severity={group?.severities[0]?.severity ?? row.severity} />,
  },
  { key: 'due', header: 'Due', width: '120px', cell: (shown) => <Due {...shown} /> },
  {
    key: 'category',
    header: 'Category',
    width: '138px',
    hideBelow: 'md',
    cell: ({ row }) => row.category.replaceAll('_', ' '),
  },
  {
    key: 'language',
    header: 'Language',
    width: '92px',
    hideBelow: 'md',
    cell: ({ row }) => <Visible text={row.language} />,
  },
  {
    key: 'held',
    header: 'Held by',
    width: '112px',
    hideBelow: 'sm',
    cell: ({ row }) => holderOf(row),
  },
];

type QueueTableProps = {
  groups: QueueGroup[];
  /** Clusters whose others are listed. */
  open: string[];
  /** The filters, kept in the address of the item so that the next one is within them. */
  query: string;
  /** When the page was made: due times are told from then until the clock runs. */
  asOf: string;
  others: Reviewer[];
  mayReview: boolean;
  mayDeclare: boolean;
  empty: ReactNode;
};

/** The pending list: rows open the workbench, groups open in place, and what is selected is acted on as one. */
export function QueueTable({
  groups,
  open,
  query,
  asOf,
  others,
  mayReview,
  mayDeclare,
  empty,
}: QueueTableProps) {
  const router = useRouter();
  const pathname = usePathname();
  const search = useSearchParams();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const rows = groups.flatMap((group): TableRow[] => [
    { row: group.row, group: group.count > 1 ? group : null, inner: false, asOf },
    ...group.others.map((row) => ({ row, group: null, inner: true, asOf })),
  ]);
  // What left the page meanwhile cannot be seen, so it must not be acted on.
  const chosen = groups.flatMap(({ ids }) => ids.filter((id) => selected.has(id)));
  const isOpen = (ref: string | undefined) => ref !== undefined && open.includes(ref);

  /** A closed group is selected whole, an open one row by row. */
  function idsOf(key: string): string[] {
    const group = rows.find(({ row }) => row.id === key)?.group;
    return group && !isOpen(group.row.cluster?.ref) ? group.ids : [key];
  }

  function toggle(key: string) {
    const ids = idsOf(key);
    setSelected((before) => {
      const after = new Set(before);
      const all = ids.every((id) => before.has(id));
      for (const id of ids)
        if (all) after.delete(id);
        else after.add(id);
      return after;
    });
  }

  function setOpen(key: string, now: boolean) {
    const ref = rows.find(({ row }) => row.id === key)?.row.cluster?.ref;
    if (!ref) return;
    const next = now ? [...open, ref] : open.filter((each) => each !== ref);
    const address = new URLSearchParams(search);
    if (next.length > 0) address.set('open', next.join(','));
    else address.delete('open');
    router.replace(address.size === 0 ? pathname : `${pathname}?${address}`, { scroll: false });
  }

  const marked = new Set(
    rows.map(({ row }) => row.id).filter((key) => idsOf(key).every((id) => selected.has(id))),
  );
  return (
    <>
      <DataTable
        caption="Pending interactions"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ row }) => row.id}
        href={({ row }) => `/queue/${row.id}${query}`}
        opens={({ row, group }) =>
          group && {
            open: isOpen(row.cluster?.ref),
            label: `${group.count} of ${row.cluster?.ref}, ${talliesOf(group)}`,
          }
        }
        onOpen={setOpen}
        isInner={({ inner }) => inner}
        {...((mayReview || mayDeclare) && { selected: marked, onToggle: toggle })}
        empty={empty}
      />
      {chosen.length > 0 && (
        <SelectionBar
          ids={chosen}
          query={query}
          others={others}
          mayReview={mayReview}
          mayDeclare={mayDeclare}
          onDone={() => setSelected(new Set())}
        />
      )}
    </>
  );
}

function talliesOf({ severities }: QueueGroup): string {
  return severities.map(({ severity, count }) => `${count.toLocaleString('en')} ${severity}`).join(', ');
}

function waitWords(group: QueueGroup): string {
  const wait = `${group.count.toLocaleString('en')} wait`;
  return group.severities.length > 1 ? `${wait}: ${talliesOf(group)}` : wait;
}

function Flagged({ row, group, inner }: TableRow) {
  const alike = row.cluster !== null && row.cluster.size > 1 && !inner;
  const marks = [
    group && waitWords(group),
    alike && !group && `${row.cluster?.size.toLocaleString('en')} alike`,
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

/** When a decision is due, on hover exactly, with why it stands there. */
function Due({ row, asOf }: TableRow) {
  const now = useNow() ?? new Date(asOf).getTime();
  const left = new Date(row.dueAt).getTime() - now;
  const at = (time: Date) => new Date(time).toISOString().replace('T', ' ').slice(0, 19);
  return (
    <span
      className={left < 0 ? classes.late : undefined}
      title={`due ${at(row.dueAt)} UTC, arrived ${at(row.receivedAt)} UTC; ${row.why}`}
    >
      {deadlineLabel(left)}
    </span>
  );
}
