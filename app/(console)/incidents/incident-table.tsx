'use client';

import { type Column, DataTable } from '#components/data-table/data-table';
import { Visible } from '#components/diff/visible';
import { EmptyState } from '#components/empty-state';
import { Clock, RelativeTime } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import { StateBadge } from '#components/state-badge';
import type { IncidentRow } from '#lib/incidents/queries';

const COLUMNS: Column<IncidentRow>[] = [
  { key: 'ref', header: 'Incident', width: '66px', cell: (row) => row.ref },
  { key: 'title', header: 'Title', wraps: true, cell: (row) => <Visible text={row.title} /> },
  {
    key: 'severity',
    header: 'Severity',
    width: '84px',
    cell: (row) => <SeverityBadge severity={row.severity} />,
  },
  { key: 'state', header: 'State', width: '112px', cell: (row) => <StateBadge state={row.state} /> },
  {
    key: 'since',
    header: 'Time in state',
    width: '96px',
    hideBelow: 'md',
    cell: (row) => <Clock from={row.stateSince ?? row.createdAt} />,
  },
  {
    key: 'commander',
    header: 'Commander',
    width: '140px',
    hideBelow: 'sm',
    cell: (row) => row.commander ?? <span className="quiet">nobody</span>,
  },
  {
    key: 'rules',
    header: 'Live rules',
    width: '80px',
    align: 'end',
    hideBelow: 'sm',
    cell: (row) => row.liveRules,
  },
  {
    key: 'items',
    header: 'Linked',
    width: '72px',
    align: 'end',
    hideBelow: 'sm',
    cell: (row) => row.interactions,
  },
  {
    key: 'age',
    header: 'Declared',
    width: '92px',
    hideBelow: 'sm',
    cell: (row) => <RelativeTime at={row.createdAt} />,
  },
];

export function IncidentTable({ rows, filtered }: { rows: IncidentRow[]; filtered: boolean }) {
  return (
    <DataTable
      caption="Incidents"
      columns={COLUMNS}
      rows={rows}
      rowKey={(row) => row.id}
      href={(row) => `/incidents/${row.ref}`}
      empty={
        <EmptyState title={filtered ? 'No incident matches' : 'No open incident'}>
          {filtered
            ? 'Take a filter away to see more.'
            : 'Select interactions in the queue and declare one, or start from nothing with “Declare incident”.'}
        </EmptyState>
      }
    />
  );
}
