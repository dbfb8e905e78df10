import type { Metadata } from 'next';
import Link from 'next/link';
import { EmptyState } from '#components/empty-state';
import { LinkButton } from '#components/link-button';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { listClusters } from '#lib/clusters/queries';
import { listClustersSchema } from '#lib/clusters/schema';
import { can } from '#lib/permissions';
import { ClusterFilterBar } from './cluster-filter-bar.tsx';
import { ClusterListKeys } from './cluster-list-keys.tsx';
import { ClusterTable } from './cluster-table.tsx';
import { type ClusterFilters, queryOf, readFilters } from './filters.ts';

export const metadata: Metadata = { title: 'Clusters' };

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function ClustersPage({ searchParams }: { searchParams: Search }) {
  const actor = await requireActor();
  const filters: ClusterFilters = readFilters(await searchParams);
  const { items, nextCursor } = await listClusters(actor, filters);
  const narrowed = queryOf({ ...filters, sort: 'size' }) !== queryOf(listClustersSchema.parse({}));
  return (
    <>
      <LiveRefresh on="events" />
      {can(actor, 'mitigation.draft') && (
        <ClusterListKeys refs={Object.fromEntries(items.map(({ id, ref }) => [id, ref]))} />
      )}
      <PageHeader
        title="Clusters"
        facts="the same idea, flagged again and again; one decision can answer all"
      />
      <ClusterFilterBar filters={filters} />
      <ClusterTable
        rows={items}
        empty={
          narrowed ? (
            <EmptyState title="No cluster matches these filters">
              <Link href="/clusters">Show all clusters</Link>
            </EmptyState>
          ) : (
            <EmptyState title="No clusters yet">
              When two flagged interactions are nearly the same, they appear here together within seconds, so
              that they can be read and decided together. Nothing is merged or closed without a person.
            </EmptyState>
          )
        }
      />
      <nav aria-label="Pages of the list" style={{ display: 'flex', gap: 8, marginTop: 12 }}>
        {filters.cursor && (
          <LinkButton
            href={`/clusters${queryOf({ ...filters, cursor: undefined })}`}
            variant="default"
            size="xs"
          >
            First page
          </LinkButton>
        )}
        {nextCursor && (
          <LinkButton
            href={`/clusters${queryOf({ ...filters, cursor: nextCursor })}`}
            variant="default"
            size="xs"
          >
            Further
          </LinkButton>
        )}
      </nav>
    </>
  );
}
