'use client';

import { createColumnHelper, tableFeatures, useTable } from '@tanstack/react-table';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { type ReactNode, useId, useMemo, useRef } from 'react';
import { type Shortcut, useShortcuts } from '#components/shell/shortcuts';
import classes from './data-table.module.css';

export type Column<Row> = {
  key: string;
  header: string;
  /** CSS width; columns keep it whatever they hold, so nothing jumps. */
  width?: string;
  align?: 'end';
  /** Goes on in a second line where it is too long for one. */
  wraps?: true;
  /** Not shown on screens below this width. */
  hideBelow?: 'sm' | 'md';
  cell: (row: Row) => ReactNode;
};

type DataTableProps<Row> = {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** Where a row leads; its first cell becomes the link. */
  href?: (row: Row) => string;
  /** A row that opens, and what opening it shows; `→` opens and `←` closes it. Null for one that does not. */
  opens?: (row: Row) => { open: boolean; label: string } | null;
  onOpen?: (key: string, open: boolean) => void;
  /** Whether an open row brought this one. */
  isInner?: (row: Row) => boolean;
  selected?: ReadonlySet<string>;
  onToggle?: (key: string) => void;
  empty: ReactNode;
};

const features = tableFeatures({});

/** The one table: rows are links, `j` and `k` move, Enter opens, `x` selects. Sorting and paging are the server's. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { caption, columns, rows, rowKey, href, opens, onOpen, isInner, selected, onToggle, empty } = props;
  const id = useId();
  const body = useRef<HTMLTableSectionElement>(null);
  const router = useRouter();
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, Row>();
    return columns.map((column) =>
      helper.display({
        id: column.key,
        header: column.header,
        cell: (cell) => column.cell(cell.row.original),
      }),
    );
  }, [columns]);
  const table = useTable({ features, columns: definitions, data: rows, getRowId: rowKey });

  function move(step: 1 | -1) {
    const all = [...(body.current?.querySelectorAll<HTMLElement>('tr[data-row]') ?? [])];
    const at = all.findIndex((row) => row.contains(document.activeElement));
    focusRow(all[Math.min(all.length - 1, Math.max(0, at + step))]);
  }

  function toggle() {
    const key = keyAt(document.activeElement);
    if (key && body.current?.contains(document.activeElement)) onToggle?.(key);
  }

  /** Opens the row of the focus, or closes it or the one that brought it. */
  function setOpen(open: boolean) {
    const focused = keyAt(document.activeElement);
    let at = rows.findIndex((row) => rowKey(row) === focused);
    const isInnerAt = (index: number) => rows.slice(index, index + 1).some((row) => isInner?.(row));
    while (!open && isInnerAt(at)) at -= 1;
    const row = rows[at];
    if (!row || opens?.(row)?.open !== !open || !body.current?.contains(document.activeElement)) return;
    focusRow([...body.current.querySelectorAll<HTMLElement>('tr[data-row]')][at]);
    onOpen?.(rowKey(row), open);
  }

  function opener(row: Row) {
    const opening = opens?.(row);
    if (!opening) return null;
    return (
      <button
        type="button"
        className={classes.opener}
        aria-expanded={opening.open}
        aria-label={opening.label}
        onClick={() => onOpen?.(rowKey(row), !opening.open)}
      >
        {opening.open ? '▾' : '▸'}
      </button>
    );
  }

  const moves: Shortcut[] = [
    { keys: 'j', label: 'Next row', run: () => move(1), repeats: true },
    { keys: 'k', label: 'Row before', run: () => move(-1), repeats: true },
    ...(onToggle ? [{ keys: 'x', label: 'Select the row', run: toggle }] : []),
    ...(onOpen
      ? [
          { keys: 'ArrowRight', label: 'Open the group', run: () => setOpen(true) },
          { keys: 'ArrowLeft', label: 'Close the group', run: () => setOpen(false) },
        ]
      : []),
  ];
  useShortcuts(rows.length === 0 ? [] : moves);
  if (rows.length === 0) return empty;

  function onKeyDown(event: React.KeyboardEvent) {
    const target = event.target as HTMLElement;
    if (
      event.metaKey ||
      event.ctrlKey ||
      event.altKey ||
      target.closest('input:not([type=checkbox]), select, textarea')
    )
      return;
    const key = keyAt(target);
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Enter' && key && href && target.tagName === 'TR')
      router.push(href(rowOf(rows, rowKey, key)));
    else return;
    event.preventDefault();
    // The page's own single keys must not also see a key the table has used.
    event.stopPropagation();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys are a second way to the links inside, which work on their own.
    <div className={classes.frame} onKeyDown={onKeyDown}>
      <table className={classes.table}>
        <caption className={classes.caption}>{caption}</caption>
        <thead>
          <tr>
            {onToggle && (
              <th scope="col" id={`${id}-select`} className={classes.pick}>
                Select
              </th>
            )}
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                style={{ width: column.width, textAlign: column.align }}
                data-hide={column.hideBelow}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {table.getRowModel().rows.map((row, index) => (
            <tr
              key={row.id}
              data-row={row.id}
              tabIndex={index === 0 ? 0 : -1}
              data-selected={selected?.has(row.id) || undefined}
              data-inner={isInner?.(row.original) || undefined}
            >
              {onToggle && (
                <td className={classes.pick}>
                  <input
                    type="checkbox"
                    aria-labelledby={`${id}-select ${id}-${row.id}`}
                    checked={selected?.has(row.id) ?? false}
                    onChange={() => onToggle(row.id)}
                  />
                </td>
              )}
              {row.getAllCells().map((cell, position) => {
                const column = columns[position];
                const content = column?.cell(row.original);
                return (
                  <td
                    key={cell.id}
                    id={position === 0 ? `${id}-${row.id}` : undefined}
                    data-hide={column?.hideBelow}
                    data-wraps={column?.wraps}
                    style={{ textAlign: column?.align }}
                  >
                    {position === 0 && opener(row.original)}
                    {position === 0 && href ? (
                      <Link href={href(row.original)} prefetch={false} className={classes.link}>
                        {content}
                      </Link>
                    ) : (
                      content
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function focusRow(row: HTMLElement | undefined): void {
  row?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}

function keyAt(element: Element | null): string | undefined {
  return element?.closest<HTMLElement>('tr[data-row]')?.dataset.row;
}

function rowOf<Row>(rows: Row[], rowKey: (row: Row) => string, key: string): Row {
  const row = rows.find((each) => rowKey(each) === key);
  if (!row) throw new Error(`The table has no row ${key}`);
  return row;
}
