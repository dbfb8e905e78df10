import type { Metadata } from 'next';
import { LinkButton } from '#components/link-button';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { listInteractions } from '#lib/interactions/queries';
import { type ListInteractions, listInteractionsSchema } from '#lib/interactions/schema';
import { InteractionFilterBar } from './interaction-filter-bar.tsx';
import { InteractionTable } from './interaction-table.tsx';

export const metadata: Metadata = { title: 'Interactions' };

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function InteractionsPage({ searchParams }: { searchParams: Search }) {
  const actor = await requireActor();
  const filters = parseFilters(await searchParams);
  const { items, nextCursor } = await listInteractions(actor, filters);
  return (
    <>
      <PageHeader title="Interactions" facts="newest first, flagged and sampled" />
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

function parseFilters(search: Record<string, string | string[] | undefined>): ListInteractions {
  const given = Object.fromEntries(
    Object.entries(search).filter(([, value]) => typeof value === 'string' && value !== ''),
  );
  const parsed = listInteractionsSchema.safeParse(given);
  return parsed.success ? parsed.data : listInteractionsSchema.parse({});
}

function addressOf({ limit, ...filters }: ListInteractions): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
  if (limit !== 50) query.set('limit', String(limit));
  return query.size === 0 ? '/interactions' : `/interactions?${query}`;
}
