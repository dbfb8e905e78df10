'use client';

import type { ReactNode } from 'react';
import { Sparkline } from '#components/chart/sparkline';
import { type Column, DataTable } from '#components/data-table/data-table';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { StateBadge } from '#components/state-badge';
import classes from './mitigations.module.css';

type Row = {
  ref: string;
  title: string;
  incident: string;
  action: string;
  /** How far it is, as one word. */
  standing: string;
  scope: string;
  expiresAt: string;
  endedAt: string | null;
  hits: number;
  /** Hits a minute over the last hour; null for a rule that is not live. */
  course: number[] | null;
};

const COLUMNS: Column<Row>[] = [
  { key: 'ref', header: 'Rule', width: '64px', cell: (row) => row.ref },
  { key: 'title', header: 'Stops', wraps: true, cell: (row) => <Visible text={row.title} /> },
  { key: 'state', header: 'Stage', width: '104px', cell: (row) => <StateBadge state={row.standing} /> },
  {
    key: 'action',
    header: 'Does',
    width: '120px',
    hideBelow: 'sm',
    cell: (row) => row.action.replaceAll('_', ' '),
  },
  {
    key: 'scope',
    header: 'Where',
    width: '18%',
    hideBelow: 'md',
    cell: (row) => <Visible text={row.scope} />,
  },
  { key: 'incident', header: 'Incident', width: '80px', hideBelow: 'md', cell: (row) => row.incident },
  {
    key: 'ends',
    header: 'Ends',
    width: '96px',
    hideBelow: 'sm',
    cell: (row) => <RelativeTime at={row.endedAt ?? row.expiresAt} />,
  },
  {
    key: 'course',
    header: 'Last hour',
    width: '112px',
    hideBelow: 'md',
    cell: (row) =>
      row.course && (
        <Sparkline values={row.course} label={`Hits of ${row.ref} a minute over the last hour`} />
      ),
  },
  {
    key: 'hits',
    header: 'Hits',
    width: '80px',
    align: 'end',
    cell: (row) => <span className={classes.hits}>{row.hits.toLocaleString('en')}</span>,
  },
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
