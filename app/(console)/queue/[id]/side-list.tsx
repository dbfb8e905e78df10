'use client';

import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import { useLive } from '#components/shell/live';
import type { QueueRow } from '#lib/reviews/queue-rows';
import type { ShownItem } from '../work.ts';
import classes from './workbench.module.css';

/** A row of the list with its times as they travel. */
export type ListRow = Pick<
  QueueRow,
  'id' | 'severity' | 'title' | 'band' | 'cluster' | 'mine' | 'heldBy' | 'handedTo'
> & {
  receivedAt: string;
};

/** A fresh list at most this often: a busy queue changes every second. */
const EVERY_MS = 4_000;

/** The rows beside the item, kept current while the queue moves, and at once whenever `undone` counts one more. */
export function useListRows(first: ListRow[], query: string, undone: number): ListRow[] {
  const [rows, setRows] = useState(first);
  const stamp = useLive()?.stamps.queue;
  const asked = useRef(0);
  const seen = useRef(undone);
  useEffect(() => {
    if (stamp === undefined && undone === seen.current) return;
    const wait = undone === seen.current ? Math.max(500, asked.current + EVERY_MS - Date.now()) : 0;
    seen.current = undone;
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      asked.current = Date.now();
      try {
        const response = await fetch(`/api/queue/list${query}`, { signal: controller.signal });
        if (response.ok) setRows(((await response.json()) as { items: ListRow[] }).items);
      } catch {
        // The list is context; the next change of the queue asks again.
      }
    }, wait);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [stamp, query, undone]);
  return rows;
}

/** The row of an item that is on the screen and, just taken back, not in the list yet. */
export function rowOf(item: ShownItem): ListRow {
  const { id, severity, title, band, cluster, receivedAt } = item;
  return { id, severity, title, band, cluster, receivedAt, mine: true, heldBy: null, handedTo: null };
}

type SideListProps = {
  rows: ListRow[];
  currentId: string | null;
  cursor: number | null;
  onOpen: (id: string) => void;
};

/** What waits beside the item that is open: context, not the way to the next one. */
export function SideList({ rows, currentId, cursor, onOpen }: SideListProps) {
  const marked = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (cursor !== null) marked.current?.scrollIntoView({ block: 'nearest' });
  }, [cursor]);
  // One stop on the way to the code, whatever the list holds; arrows go on from there.
  const at =
    cursor ??
    Math.max(
      0,
      rows.findIndex(({ id }) => id === currentId),
    );
  return (
    <nav className={classes.list} aria-label="What waits">
      {rows.length === 0 && <p className={classes.quiet}>Nothing waits here.</p>}
      {rows.map((row, index) => (
        <button
          key={row.id}
          ref={index === cursor ? marked : undefined}
          type="button"
          className={classes.listRow}
          aria-current={row.id === currentId || undefined}
          data-cursor={index === cursor || undefined}
          tabIndex={index === at ? 0 : -1}
          onKeyDown={moveFocus}
          onClick={() => onOpen(row.id)}
        >
          <SeverityBadge severity={row.severity} />
          <span className={classes.listTitle}>
            <Visible text={row.title} />
          </span>
          <span className={classes.listFacts}>
            {row.cluster && row.cluster.size > 1 && `${row.cluster.size} alike · `}
            <RelativeTime at={row.receivedAt} />
            {row.mine ? ' · yours' : row.heldBy ? ` · ${row.heldBy}` : ''}
            {!row.mine && !row.heldBy && row.handedTo && ` · for ${row.handedTo}`}
          </span>
        </button>
      ))}
    </nav>
  );
}

function moveFocus(event: KeyboardEvent<HTMLButtonElement>) {
  const { currentTarget: row, key } = event;
  const other =
    key === 'ArrowDown' ? row.nextElementSibling : key === 'ArrowUp' ? row.previousElementSibling : null;
  if (!(other instanceof HTMLButtonElement)) return;
  event.preventDefault();
  other.focus();
}
