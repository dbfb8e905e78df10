'use client';

import { type Column, DataTable } from '#components/data-table/data-table';
import { Visible } from '#components/diff/visible';
import { EmptyState } from '#components/empty-state';
import { RelativeTime } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import { StateBadge } from '#components/state-badge';
import type { InteractionSummary } from '#lib/interactions/queries';

const COLUMNS: Column<InteractionSummary>[] = [
  {
    key: 'title',
    header: 'Finding',
    wraps: true,
    cell: (row) => (row.erasedAt ? <ErasedTitle title={row.title} /> : <Visible text={row.title} />),
  },
  {
    key: 'severity',
    header: 'Severity',
    width: '84px',
    cell: (row) => (row.severity ? <SeverityBadge severity={row.severity} /> : 'none'),
  },
  {
    key: 'state',
    header: 'Review',
    width: '100px',
    cell: (row) => (row.state ? <StateBadge state={row.state} /> : row.control ? 'control' : 'no finding'),
  },
  {
    key: 'outcome',
    header: 'Outcome',
    width: '92px',
    hideBelow: 'md',
    cell: (row) => row.outcome ?? '–',
  },
  {
    key: 'language',
    header: 'Language',
    width: '96px',
    hideBelow: 'sm',
    cell: (row) => <Visible text={row.language} />,
  },
  {
    key: 'model',
    header: 'Model',
    width: '180px',
    hideBelow: 'md',
    cell: (row) => <Visible text={`${row.modelName} ${row.modelVersion}`} />,
  },
  {
    key: 'source',
    header: 'Source',
    width: '140px',
    hideBelow: 'md',
    cell: (row) => <Visible text={row.source} />,
  },
  {
    key: 'received',
    header: 'Received',
    width: '100px',
    hideBelow: 'sm',
    cell: (row) => <RelativeTime at={row.receivedAt} />,
  },
];

function ErasedTitle({ title }: { title: string }) {
  return (
    <>
      <Visible text={title} /> <span className="quiet">(text erased)</span>
    </>
  );
}

export function InteractionTable({ rows }: { rows: InteractionSummary[] }) {
  return (
    <DataTable
      caption="Interactions"
      columns={COLUMNS}
      rows={rows}
      rowKey={(row) => row.id}
      href={(row) => `/interactions/${row.id}`}
      empty={
        <EmptyState title="No interaction matches">
          Take a filter away, or send one to the ingest API.
        </EmptyState>
      }
    />
  );
}
