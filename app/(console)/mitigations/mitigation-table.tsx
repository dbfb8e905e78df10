'use client';

import type { ReactNode } from 'react';
import { type Column, DataTable } from '#components/data-table/data-table';
import { RelativeTime } from '#components/relative-time';
import { StateBadge } from '#components/state-badge';

type Row = {
  ref: string;
  title: string;
  incident: string;
  action: string;
  mode: string;
  state: string;
  scope: string;
  expiresAt: string;
  endedAt: string | null;
  hits: number;
};

const COLUMNS: Column<Row>[] = [
  { key: 'ref', header: 'Rule', width: '64px', cell: (row) => row.ref },
  { key: 'title', header: 'Stops', cell: (row) => row.title },
  { key: 'state', header: 'State', width: '104px', cell: (row) => <StateBadge state={row.state} /> },
  {
    key: 'action',
    header: 'Does',
    width: '120px',
    hideBelow: 'sm',
    cell: (row) => (row.mode === 'shadow' ? `shadow ${row.action}` : row.action),
  },
  { key: 'scope', header: 'Where', width: '22%', hideBelow: 'md', cell: (row) => row.scope },
  { key: 'incident', header: 'Incident', width: '80px', hideBelow: 'md', cell: (row) => row.incident },
  {
    key: 'ends',
    header: 'Ends',
    width: '104px',
    hideBelow: 'sm',
    cell: (row) => <RelativeTime at={row.endedAt ?? row.expiresAt} />,
  },
  { key: 'hits', header: 'Hits', width: '72px', align: 'end', cell: (row) => row.hits.toLocaleString('en') },
];

export function MitigationTable({ rows, empty }: { rows: Row[]; empty: ReactNode }) {
  return (
    <DataTable
      caption="Mitigations, newest first"
      columns={COLUMNS}
      rows={rows}
      rowKey={(row) => row.ref}
      href={(row) => `/mitigations/${row.ref}`}
      empty={empty}
    />
  );
}
