import { Button } from '@mantine/core';
import type { Metadata } from 'next';
import Link from 'next/link';
import { EmptyState } from '#components/empty-state';
import { SearchBox } from '#components/search-box';
import { PageHeader } from '#components/shell/page-header';
import { listEvents } from '#lib/audit/queries';
import { listEventsSchema } from '#lib/audit/schema';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import classes from './audit.module.css';
import { EventTable } from './event-table.tsx';

export const metadata: Metadata = { title: 'Audit' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** Everything that was ever done here, newest first; nothing in it can be changed. */
export default async function AuditPage({ searchParams }: Props) {
  const actor = await requireActor();
  const parsed = listEventsSchema.safeParse(await searchParams);
  const filters = parsed.success ? parsed.data : listEventsSchema.parse({});
  const { items, nextCursor, problems } = await listEvents(actor, filters);
  const download = (format: string) =>
    `/api/v1/events/export?${new URLSearchParams({ format, ...(filters.q && { q: filters.q }) })}`;
  return (
    <>
      <PageHeader
        title="Audit"
        facts="append-only, newest first"
        actions={
          can(actor, 'audit.export') &&
          problems.length === 0 && (
            <>
              <Button component="a" href={download('ndjson')} download variant="default" size="xs">
                {filters.q ? 'Download found as NDJSON' : 'Download all as NDJSON'}
              </Button>
              <Button component="a" href={download('csv')} download variant="default" size="xs">
                CSV
              </Button>
            </>
          )
        }
      />
      <SearchBox
        action="/audit"
        q={filters.q}
        label="Search"
        help="Words, “two words”, actor:ana, incident:12, action:mitigation.publish, since:2026-11-01, until:2026-11-02"
        problems={problems}
      />
      {items.length > 0 ? (
        <EventTable rows={items} />
      ) : (
        <EmptyState title="No event matches">Take a word away, or widen the time.</EmptyState>
      )}
      <nav className={classes.pages} aria-label="Pages of the log">
        {filters.cursor && <Link href={pageHref(filters.q)}>Newest</Link>}
        {nextCursor && <Link href={pageHref(filters.q, nextCursor)}>Older</Link>}
      </nav>
    </>
  );
}

function pageHref(q: string, cursor?: string): string {
  const query = new URLSearchParams({ ...(q && { q }), ...(cursor && { cursor }) });
  return query.size > 0 ? `/audit?${query}` : '/audit';
}
