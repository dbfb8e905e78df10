'use client';

import Link from 'next/link';
import { type Column, DataTable } from '#components/data-table/data-table';
import { MarkedText } from '#components/diff/marked-text';
import { Visible } from '#components/diff/visible';
import { EmptyState } from '#components/empty-state';
import { RelativeTime } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import { StateBadge } from '#components/state-badge';
import type { InteractionSummary } from '#lib/interactions/queries';
import classes from './investigate.module.css';

const TITLE: Column<InteractionSummary> = {
  key: 'title',
  header: 'Finding',
  wraps: true,
  cell: (row) => (
    <>
      <Visible text={row.title} /> {row.erasedAt && <span className="quiet">(text erased)</span>}
    </>
  ),
};

const MATCH: Column<InteractionSummary> = {
  key: 'match',
  header: 'Match',
  width: '46%',
  cell: ({ match }) =>
    match ? (
      <MarkedText text={match.excerpt.text} spans={match.excerpt.spans} />
    ) : (
      <span className="quiet">–</span>
    ),
};

const FACTS: Column<InteractionSummary>[] = [
  {
    key: 'severity',
    header: 'Severity',
    width: '84px',
    hideBelow: 'sm',
    cell: (row) => (row.severity ? <SeverityBadge severity={row.severity} /> : 'none'),
  },
  {
    key: 'state',
    header: 'Review',
    width: '96px',
    hideBelow: 'sm',
    cell: (row) => (row.state ? <StateBadge state={row.state} /> : row.control ? 'control' : 'no finding'),
  },
  {
    key: 'language',
    header: 'Language',
    width: '92px',
    hideBelow: 'md',
    cell: (row) => <Visible text={row.language} />,
  },
  {
    key: 'model',
    header: 'Model',
    width: '150px',
    hideBelow: 'md',
    cell: (row) => <Visible text={`${row.modelName} ${row.modelVersion}`} />,
  },
  {
    key: 'places',
    header: 'Where',
    width: '92px',
    cell: ({ cluster, incidents }) => (
      <span className={classes.places}>
        {cluster && (
          <Link href={`/clusters/${cluster}`} prefetch={false}>
            {cluster}
          </Link>
        )}
        {incidents.map((ref) => (
          <Link key={ref} href={`/incidents/${ref}`} prefetch={false}>
            {ref}
          </Link>
        ))}
      </span>
    ),
  },
  {
    key: 'received',
    header: 'Received',
    width: '92px',
    hideBelow: 'sm',
    cell: (row) => <RelativeTime at={row.receivedAt} />,
  },
];

/** What a query found; where it looked into texts, with the place that was found. */
export function FoundTable({ rows, withText }: { rows: InteractionSummary[]; withText: boolean }) {
  return (
    <DataTable
      caption="Interactions found"
      columns={withText ? [TITLE, MATCH, ...FACTS.filter(({ key }) => key !== 'model')] : [TITLE, ...FACTS]}
      rows={rows}
      rowKey={(row) => row.id}
      href={(row) => `/interactions/${row.id}`}
      empty={
        <EmptyState title="No interaction matches">
          Take a part of the query away, or widen the time. Secrets are covered before texts are searched.
        </EmptyState>
      }
    />
  );
}
