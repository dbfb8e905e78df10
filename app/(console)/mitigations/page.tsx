import type { Metadata } from 'next';
import Link from 'next/link';
import { EmptyState } from '#components/empty-state';
import { LinkButton } from '#components/link-button';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { hitMinutes } from '#lib/fleet/hit-minutes';
import { scopeWords } from '#lib/mitigations/explain';
import { listMitigations } from '#lib/mitigations/queries';
import { listQuery, readFilters } from './list-query.ts';
import { MitigationFilters } from './mitigation-filters.tsx';
import { MitigationTable } from './mitigation-table.tsx';
import { standing } from './standing.ts';

export const metadata: Metadata = { title: 'Mitigations' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function MitigationsPage({ searchParams }: Props) {
  const actor = await requireActor();
  const filters = readFilters(await searchParams);
  const { items, nextCursor } = await listMitigations(actor, filters);
  const live = items.filter((item) => item.state === 'live');
  const courses = await hitMinutes(
    actor,
    live.map((item) => item.id),
  );
  const narrowed = listQuery({ ...filters, cursor: undefined }) !== '';
  return (
    <>
      <LiveRefresh on="events" />
      <LiveRefresh on="fleet" />
      <PageHeader
        title="Mitigations"
        facts={filters.cursor ? undefined : `${live.length} live on this page`}
      />
      <MitigationFilters filters={filters} />
      <MitigationTable
        rows={items.map((item) => ({
          ref: item.ref,
          title: item.title,
          incident: item.incident.ref,
          action: item.action,
          standing: standing(item),
          scope: scopeWords(item.scope),
          expiresAt: item.expiresAt.toISOString(),
          endedAt: item.endedAt?.toISOString() ?? null,
          hits: item.hits,
          course: courses[item.id] ?? null,
        }))}
        empty={
          narrowed ? (
            <EmptyState title="No rule matches these filters">
              <Link href="/mitigations">Show all rules</Link>
            </EmptyState>
          ) : (
            <EmptyState title="No rules yet">
              Press <kbd className="key">m</kbd> on a <Link href="/clusters">cluster</Link>, an interaction or
              an <Link href="/incidents">incident</Link>: the composer opens with what its members share,
              tries it on what is stored, and says who has to approve it.
            </EmptyState>
          )
        }
      />
      <nav aria-label="Pages of the list" style={{ display: 'flex', gap: 8, marginTop: 12 }}>
        {filters.cursor && (
          <LinkButton
            href={`/mitigations${listQuery({ ...filters, cursor: undefined })}`}
            variant="default"
            size="xs"
          >
            Newest
          </LinkButton>
        )}
        {nextCursor && (
          <LinkButton
            href={`/mitigations${listQuery({ ...filters, cursor: nextCursor })}`}
            variant="default"
            size="xs"
          >
            Older rules
          </LinkButton>
        )}
      </nav>
    </>
  );
}
