import { Button, NativeSelect } from '@mantine/core';
import type { Metadata } from 'next';
import Link from 'next/link';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { listIncidents } from '#lib/incidents/queries';
import { INCIDENT_SEVERITIES, listIncidentsSchema } from '#lib/incidents/schema';
import { INCIDENT_STATES } from '#lib/incidents/states';
import { can } from '#lib/permissions';
import { DeclareButton } from './declare-button.tsx';
import { IncidentTable } from './incident-table.tsx';
import classes from './incidents.module.css';

export const metadata: Metadata = { title: 'Incidents' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function IncidentsPage({ searchParams }: Props) {
  const actor = await requireActor();
  const filters = parseFilters(await searchParams);
  const { items, nextCursor } = await listIncidents(actor, filters);
  return (
    <>
      <LiveRefresh on="events" />
      <PageHeader title="Incidents" actions={can(actor, 'incident.declare') && <DeclareButton />} />
      <form action="/incidents" className={classes.filters} aria-label="Filter incidents">
        <NativeSelect
          data-filter
          size="xs"
          name="state"
          label="State"
          defaultValue={filters.state}
          data={['open', 'all', ...INCIDENT_STATES]}
        />
        <NativeSelect
          size="xs"
          name="severity"
          label="Severity"
          defaultValue={filters.severity ?? ''}
          data={[
            { value: '', label: 'any' },
            ...INCIDENT_SEVERITIES.map((value) => ({ value, label: value.toUpperCase() })),
          ]}
        />
        <Button type="submit" size="xs" variant="default">
          Filter
        </Button>
      </form>
      <IncidentTable rows={items} filtered={filters.state !== 'open' || filters.severity !== undefined} />
      {nextCursor && (
        <p>
          <Link href={`/incidents?${olderQuery(filters, nextCursor)}`} prefetch={false}>
            Older incidents
          </Link>
        </p>
      )}
    </>
  );
}

function parseFilters(search: Record<string, string | string[] | undefined>) {
  const given = Object.fromEntries(Object.entries(search).filter(([, value]) => value !== ''));
  const parsed = listIncidentsSchema.safeParse(given);
  // A hand-made address shows what is open rather than an error.
  return parsed.success ? parsed.data : listIncidentsSchema.parse({});
}

function olderQuery(filters: ReturnType<typeof parseFilters>, cursor: string): string {
  const { state, severity } = filters;
  return new URLSearchParams({ state, ...(severity && { severity }), cursor }).toString();
}
