'use client';

import type { ReactNode } from 'react';
import { type Column, DataTable } from '#components/data-table/data-table';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import type { ClusterSummary } from '#lib/clusters/queries';
import { percentOf } from './words.ts';

const COLUMNS: Column<ClusterSummary>[] = [
  {
    key: 'title',
    header: 'What repeats',
    wraps: true,
    cell: (row) => (
      <>
        {row.ref} <Visible text={row.title} />
      </>
    ),
  },
  {
    key: 'severity',
    header: 'Severity',
    width: '84px',
    cell: (row) => <SeverityBadge severity={row.severity} />,
  },
  {
    key: 'size',
    header: 'Members',
    width: '84px',
    align: 'end',
    cell: (row) => row.size.toLocaleString('en'),
  },
  {
    key: 'pending',
    header: 'Waiting',
    width: '80px',
    align: 'end',
    cell: (row) => row.pending.toLocaleString('en'),
  },
  {
    key: 'growth',
    header: 'Last hour',
    width: '88px',
    align: 'end',
    hideBelow: 'sm',
    cell: (row) => (row.lastHour === 0 ? '0' : `+${row.lastHour.toLocaleString('en')}`),
  },
  {
    key: 'actors',
    header: 'Actors',
    width: '76px',
    align: 'end',
    hideBelow: 'sm',
    cell: (row) => row.actors.toLocaleString('en'),
  },
  {
    key: 'accepted',
    header: 'Accepted',
    width: '88px',
    align: 'end',
    hideBelow: 'md',
    cell: (row) => percentOf(row.accepted, row.rated),
  },
  {
    key: 'category',
    header: 'Category',
    width: '140px',
    hideBelow: 'md',
    cell: (row) => row.category.replaceAll('_', ' '),
  },
  {
    key: 'language',
    header: 'Language',
    width: '96px',
    hideBelow: 'md',
    cell: (row) => <Visible text={row.language} />,
  },
  {
    key: 'last',
    header: 'Last',
    width: '92px',
    hideBelow: 'sm',
    cell: (row) => <RelativeTime at={row.lastAt} />,
  },
];

/** Clusters as rows that open them. */
export function ClusterTable({ rows, empty }: { rows: ClusterSummary[]; empty: ReactNode }) {
  return (
    <DataTable
      caption="Clusters of near-identical interactions"
      columns={COLUMNS}
      rows={rows}
      rowKey={(row) => row.id}
      href={(row) => `/clusters/${row.ref}`}
      empty={empty}
    />
  );
}
