import type { Metadata } from 'next';
import { Suspense } from 'react';
import { EmptyState } from '#components/empty-state';
import { LinkButton } from '#components/link-button';
import { SavedViews, SaveView } from '#components/saved-views';
import { PageHeader } from '#components/shell/page-header';
import type { UserActor } from '#lib/actor';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { listInteractionsSchema } from '#lib/interactions/schema';
import { can } from '#lib/permissions';
import { getPreference } from '#lib/preferences/queries';
import { investigateHref } from '#lib/search/address';
import { searchInteractions } from '#lib/search/mutations';
import { readQuery, type Term } from '#lib/search/query';
import { type Investigate, investigateSchema } from '#lib/search/schema';
import { minuteLabel } from '#lib/time';
import { MitigateButton } from '../interactions/mitigate-button.tsx';
import { saveViewsAction } from '../queue/actions.ts';
import { FoundTable } from './found-table.tsx';
import classes from './investigate.module.css';
import { OverTime } from './over-time.tsx';
import { QueryLine } from './query-line.tsx';

export const metadata: Metadata = { title: 'Investigate' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** One query over every interaction: what it finds, and when it came in. */
export default async function InvestigatePage({ searchParams }: Props) {
  const actor = await requireActor();
  const asked = investigateSchema.safeParse(await searchParams);
  const { q, by, cursor } = asked.success ? asked.data : investigateSchema.parse({});
  const { terms, problems } = readQuery(q);
  const { views } = await getPreference(actor);
  const query = investigateHref(terms, by).split('?')[1] ?? '';
  const saved = {
    path: '/investigate',
    group: 'Investigate',
    views,
    query: terms.length > 0 ? query : '',
    keep: saveViewsAction,
  };
  const isClear = problems.length === 0;
  return (
    <>
      <PageHeader
        title="Investigate"
        actions={
          isClear &&
          terms.length > 0 &&
          can(actor, 'mitigation.draft') && <MitigateButton query={q} label="Draft a rule" />
        }
        facts={
          asked.success
            ? 'every interaction, newest first'
            : 'the address was not understood: this is everything'
        }
      />
      <QueryLine key={q} q={q} by={by} problems={problems.map(({ message }) => message)} />
      <div className={classes.saved}>
        <SavedViews {...saved} />
        {isClear && <SaveView {...saved} />}
      </div>
      {isClear && (
        // A key of its own: a new query shows that it is being answered.
        <div key={`${q} ${by} ${cursor}`}>
          <Suspense fallback={<Counting />}>
            <OverTime actor={actor} terms={terms} by={by} />
          </Suspense>
          <Suspense fallback={<p aria-busy="true">Searching…</p>}>
            <Found actor={actor} terms={terms} asked={{ q, by, cursor }} />
          </Suspense>
        </div>
      )}
    </>
  );
}

function Counting() {
  return (
    <p aria-busy="true" style={{ minHeight: 320 }}>
      Counting…
    </p>
  );
}

type FoundProps = { actor: UserActor; terms: readonly Term[]; asked: Investigate };

async function Found({ actor, terms, asked: { q, by, cursor } }: FoundProps) {
  const filters = listInteractionsSchema.parse({ query: q, cursor });
  const found = await searchInteractions(actor, filters).catch((error: unknown) => {
    if (error instanceof AppError) return error;
    throw error;
  });
  if (found instanceof AppError) return <EmptyState title="Nothing is shown">{found.message}</EmptyState>;
  const { items, nextCursor, searchedTo } = found;
  return (
    <>
      {(items.length > 0 || !searchedTo) && (
        <FoundTable rows={items} withText={terms.some(({ key }) => key === 'text' || key === 're')} />
      )}
      <nav aria-label="Pages of what was found" className={classes.pages}>
        {cursor && (
          <LinkButton href={investigateHref(terms, by)} variant="default" size="xs">
            Newest
          </LinkButton>
        )}
        {nextCursor && (
          <LinkButton href={investigateHref(terms, by, nextCursor)} variant="default" size="xs">
            {searchedTo ? 'Search on' : 'Older'}
          </LinkButton>
        )}
        {searchedTo && (
          <span role="status">
            Texts received since {minuteLabel(searchedTo)} were searched. Older ones were not read yet.
          </span>
        )}
      </nav>
    </>
  );
}
