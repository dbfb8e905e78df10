import type { Metadata } from 'next';
import Link from 'next/link';
import { Visible } from '#components/diff/visible';
import { LinkButton } from '#components/link-button';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { listInteractions } from '#lib/interactions/queries';
import { type ListInteractions, listInteractionsSchema } from '#lib/interactions/schema';
import { minuteLabel } from '#lib/time';
import { InteractionFilterBar } from './interaction-filter-bar.tsx';
import { InteractionTable } from './interaction-table.tsx';

export const metadata: Metadata = { title: 'Interactions' };

/** Characters of the names in an address that are told back. */
const MAX_IGNORED = 120;

const TIMES = ['since', 'until', 'decidedSince', 'decidedUntil'] as const;
const ANY_TIME = {
  since: undefined,
  until: undefined,
  decidedSince: undefined,
  decidedUntil: undefined,
  cursor: undefined,
};

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function InteractionsPage({ searchParams }: { searchParams: Search }) {
  const actor = await requireActor();
  const { filters, ignored } = parseFilters(await searchParams);
  const { items, nextCursor } = await listInteractions(actor, filters);
  return (
    <>
      <PageHeader
        title="Interactions"
        facts={
          <>
            newest first, flagged and sampled
            {filters.since && ` · received from ${minuteLabel(filters.since)}`}
            {filters.until && ` · received before ${minuteLabel(filters.until)}`}
            {filters.decidedSince && ` · decided from ${minuteLabel(filters.decidedSince)}`}
            {filters.decidedUntil && ` · decided before ${minuteLabel(filters.decidedUntil)}`}
            {TIMES.some((name) => filters[name]) && (
              <>
                {' · '}
                <Link href={addressOf({ ...filters, ...ANY_TIME })}>any time</Link>
              </>
            )}
            {ignored.length > 0 && (
              <>
                {' · not understood and left out: '}
                <Visible text={ignored.join(', ').slice(0, MAX_IGNORED)} />
              </>
            )}
          </>
        }
      />
      <InteractionFilterBar filters={filters} />
      <InteractionTable rows={items} />
      <nav aria-label="Pages of the list" style={{ display: 'flex', gap: 8, marginTop: 12 }}>
        {filters.cursor && (
          <LinkButton href={addressOf({ ...filters, cursor: undefined })} variant="default" size="xs">
            Newest
          </LinkButton>
        )}
        {nextCursor && (
          <LinkButton href={addressOf({ ...filters, cursor: nextCursor })} variant="default" size="xs">
            Older
          </LinkButton>
        )}
      </nav>
    </>
  );
}

// An address made by hand keeps what can be understood of it, and the page says what it left out.
function parseFilters(search: Record<string, string | string[] | undefined>) {
  const given = Object.fromEntries(Object.entries(search).filter(([, value]) => value !== ''));
  const parsed = listInteractionsSchema.safeParse(given);
  if (parsed.success) return { filters: parsed.data, ignored: [] };
  const ignored = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : issue.path.slice(0, 1).map(String),
  );
  for (const name of ignored) delete given[name];
  return { filters: listInteractionsSchema.parse(given), ignored: [...new Set(ignored)] };
}

function addressOf({ limit, ...filters }: ListInteractions): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
  if (limit !== 50) query.set('limit', String(limit));
  return query.size === 0 ? '/interactions' : `/interactions?${query}`;
}
