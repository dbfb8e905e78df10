'use client';

import type { ReactNode } from 'react';
import { type Column, DataTable } from '#components/data-table/data-table';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import type { SimilarInteraction } from '#lib/clusters/similar';
import { Differences } from '../../differences.tsx';

const COLUMNS: Column<SimilarInteraction>[] = [
  { key: 'title', header: 'What was flagged', wraps: true, cell: (row) => <Visible text={row.title} /> },
  {
    key: 'similarity',
    header: 'Similar',
    width: '92px',
    align: 'end',
    cell: (row) => (row.similarity === 1 ? 'same form' : `${Math.round(row.similarity * 100)} %`),
  },
  {
    key: 'differs',
    header: 'What differs from the one above',
    hideBelow: 'sm',
    cell: (row) => <Differences differences={row.differences} />,
  },
  { key: 'cluster', header: 'Cluster', width: '84px', cell: (row) => row.ref ?? '–' },
  {
    key: 'severity',
    header: 'Severity',
    width: '84px',
    hideBelow: 'sm',
    cell: (row) => <SeverityBadge severity={row.severity} />,
  },
  {
    key: 'language',
    header: 'Language',
    width: '96px',
    hideBelow: 'md',
    cell: (row) => <Visible text={row.language} />,
  },
  {
    key: 'model',
    header: 'Model',
    width: '140px',
    hideBelow: 'md',
    cell: (row) => <Visible text={row.modelName} />,
  },
  { key: 'state', header: 'Decision', width: '92px', cell: (row) => row.verdict ?? 'waits' },
  {
    key: 'received',
    header: 'Arrived',
    width: '92px',
    hideBelow: 'sm',
    cell: (row) => <RelativeTime at={row.receivedAt} />,
  },
];

/** Similar interactions as rows that open them. */
export function SimilarTable({ rows, empty }: { rows: SimilarInteraction[]; empty: ReactNode }) {
  return (
    <DataTable
      caption="Similar interactions"
      columns={COLUMNS}
      rows={rows}
      rowKey={(row) => row.id}
      href={(row) => (row.state === 'pending' ? `/queue/${row.id}` : `/interactions/${row.id}`)}
      empty={empty}
    />
  );
}
