import type { Metadata } from 'next';
import Link from 'next/link';
import { EmptyState } from '#components/empty-state';
import { LinkButton } from '#components/link-button';
import { RelativeTime } from '#components/relative-time';
import { SavedViews, SaveView } from '#components/saved-views';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { getPreference } from '#lib/preferences/queries';
import { listQueues } from '#lib/queues/queries';
import { queuePage } from '#lib/reviews/list';
import { COUNTED, queueSummary } from '#lib/reviews/queries';
import { investigateHref } from '#lib/search/address';
import { listReviewers } from '#lib/users/queries';
import { saveViewsAction } from './actions.ts';
import { BulkButton } from './bulk-button.tsx';
import { claimFilters, queryOf, readQueueFilters } from './filters.ts';
import { NotReviewing } from './not-reviewing.tsx';
import classes from './queue.module.css';
import { QueueFilterBar } from './queue-filter-bar.tsx';
import { QueueTable } from './queue-table.tsx';
import { QueueTabs } from './queue-tabs.tsx';
import { StartReviewing } from './start-reviewing.tsx';

export const metadata: Metadata = { title: 'Queue' };

type Search = Promise<Record<string, string | string[] | undefined>>;

/** What of the address narrows nothing. */
const UNNARROWED = { cursor: undefined, open: undefined, group: undefined, limit: undefined };

export default async function QueuePage({ searchParams }: { searchParams: Search }) {
  const actor = await requireActor();
  const { filters, dropped } = readQueueFilters(await searchParams);
  const address = queryOf({ ...filters, cursor: undefined, open: undefined });
  const narrowed = queryOf({ ...filters, ...UNNARROWED }) !== '';
  const [{ items, nextCursor, matches }, summary, queues, { views }, reviewers] = await Promise.all([
    queuePage(actor, filters, narrowed ? COUNTED : null),
    queueSummary(actor),
    listQueues(actor),
    getPreference(actor),
    can(actor, 'review.claim') ? listReviewers(actor) : [],
  ]);
  const leads = can(actor, 'review.adjudicate');
  // Many are decided only by what the items are, never by who holds them.
  const { stage, q, ...what } = claimFilters(filters);
  const decidable = q === undefined && (stage === undefined || stage === 'review');
  const bulkQuery = decidable ? queryOf(what).slice(1) : '';
  const older = nextCursor && queryOf({ ...filters, open: undefined, cursor: nextCursor });

  const saved = { path: '/queue', group: 'Queue', views, query: address.slice(1), keep: saveViewsAction };

  return (
    <>
      {/* Claims are events too: the list shows who holds what. */}
      <LiveRefresh on="events" />
      <PageHeader
        title="Queue"
        facts={
          <>
            {summary.pending.toLocaleString('en')}
            {summary.capped && '+'} pending
            {summary.oldestReceivedAt && (
              <>
                {' · oldest '}
                <RelativeTime at={summary.oldestReceivedAt} />
              </>
            )}
            {can(actor, 'review.decide') && ` · you ${summary.today} today`}
          </>
        }
        actions={
          can(actor, 'review.claim') ? (
            <StartReviewing filters={filters} nothing={summary.pending === 0 && items.length === 0} />
          ) : (
            <NotReviewing role={actor.role} mayInvite={can(actor, 'user.manage')} />
          )
        }
      />
      {summary.blocked > 0 && (
        <p className="quiet">
          <Link href={investigateHref({ state: 'blocked' })} prefetch={false}>
            {Math.min(summary.blocked, COUNTED).toLocaleString('en')}
            {summary.blocked > COUNTED && '+'} blocked by live rules
          </Link>{' '}
          wait for nobody: they were not served.
        </p>
      )}
      {dropped.length > 0 && (
        <p className={classes.dropped} role="status">
          Not understood in the address and left out: {dropped.map((name) => name.slice(0, 40)).join(', ')}.
        </p>
      )}
      <QueueTabs queues={queues} filters={filters} leads={leads}>
        <SavedViews {...saved} />
      </QueueTabs>
      <QueueFilterBar
        filters={filters}
        severities={summary.severities}
        categories={summary.categories}
        languages={summary.languages}
        matches={matches === null ? null : matchesWords(matches)}
      >
        <SaveView {...saved} />
        {can(actor, 'review.batch') && bulkQuery !== '' && <BulkButton query={bulkQuery} />}
      </QueueFilterBar>
      <QueueTable
        groups={items}
        open={filters.open?.split(',') ?? []}
        query={queryOf({ ...filters, cursor: undefined, open: undefined, limit: 50 })}
        asOf={new Date().toISOString()}
        others={reviewers.filter(({ id }) => id !== actor.id)}
        mayReview={can(actor, 'review.claim')}
        mayDeclare={can(actor, 'incident.declare')}
        empty={
          narrowed ? (
            <EmptyState title="Nothing pending matches these filters">
              <Link href="/queue">Show the whole queue</Link>
            </EmptyState>
          ) : (
            <EmptyState title="The queue is empty">
              Flagged interactions appear here the moment a detector sends them to{' '}
              <code>POST /api/v1/interactions</code>; the <Link href="/start">first steps</Link> have the
              command. What was decided is under{' '}
              <Link href={investigateHref({ state: 'decided' })}>Investigate</Link>.
            </EmptyState>
          )
        }
      />
      <nav aria-label="Pages of the queue" style={{ display: 'flex', gap: 8, marginTop: 12 }}>
        {filters.cursor && (
          <LinkButton href={`/queue${address}`} variant="default" size="xs">
            First page
          </LinkButton>
        )}
        {older && (
          <LinkButton href={`/queue${older}`} variant="default" size="xs">
            Due later
          </LinkButton>
        )}
      </nav>
    </>
  );
}

function matchesWords({ count, capped }: { count: number; capped: boolean }): string {
  return `${count.toLocaleString('en')}${capped ? '+' : ''} ${count === 1 ? 'match' : 'matches'}`;
}
