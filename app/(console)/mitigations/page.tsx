import type { Metadata } from 'next';
import Link from 'next/link';
import { EmptyState } from '#components/empty-state';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { scopeWords } from '#lib/mitigations/explain';
import { listMitigations } from '#lib/mitigations/queries';
import { listMitigationsSchema } from '#lib/mitigations/schema';
import { MITIGATION_STATES } from '#lib/mitigations/states';
import { MitigationTable } from './mitigation-table.tsx';
import classes from './mitigations.module.css';

export const metadata: Metadata = { title: 'Mitigations' };

type FilterLinkProps = { href: string; label: string; current: boolean; first?: true };
type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function MitigationsPage({ searchParams }: Props) {
  const actor = await requireActor();
  const parsed = listMitigationsSchema.safeParse(await searchParams);
  // A hand-made address shows everything rather than an error.
  const filters = parsed.success ? parsed.data : {};
  const { items, nextCursor } = await listMitigations(actor, filters);
  const live = items.filter((item) => item.state === 'live').length;
  const next = new URLSearchParams({
    ...(filters.state && { state: filters.state }),
    cursor: nextCursor ?? '',
  });
  return (
    <>
      <LiveRefresh on="events" />
      <LiveRefresh on="fleet" />
      <PageHeader title="Mitigations" facts={filters.cursor ? undefined : `${live} live on this page`} />
      <nav aria-label="States" className={classes.filters}>
        <FilterLink href="/mitigations" label="all" current={filters.state === undefined} first />
        {MITIGATION_STATES.map((state) => (
          <FilterLink
            key={state}
            href={`/mitigations?state=${state}`}
            label={state}
            current={filters.state === state}
          />
        ))}
      </nav>
      <MitigationTable
        rows={items.map((item) => ({
          ref: item.ref,
          title: item.title,
          incident: item.incident.ref,
          action: item.action,
          mode: item.mode,
          state: item.state,
          scope: scopeWords(item.scope),
          expiresAt: item.expiresAt.toISOString(),
          endedAt: item.endedAt?.toISOString() ?? null,
          hits: item.hits,
        }))}
        empty={
          <EmptyState title={filters.state ? `No rule is ${filters.state}` : 'No rules yet'}>
            A rule is written from an incident: open one and choose “Draft a rule”.{' '}
            <Link href="/incidents" prefetch={false}>
              Go to the incidents
            </Link>
          </EmptyState>
        }
      />
      {nextCursor && (
        <p>
          <Link href={`/mitigations?${next}`} prefetch={false}>
            Older rules
          </Link>
        </p>
      )}
    </>
  );
}

// `/` goes to the first of them.
function FilterLink({ href, label, current, first }: FilterLinkProps) {
  return (
    <Link
      href={href}
      className={classes.filter}
      aria-current={current ? 'page' : undefined}
      data-filter={first}
      prefetch={false}
    >
      {label}
    </Link>
  );
}
