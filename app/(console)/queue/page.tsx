import type { Metadata } from 'next';
import Link from 'next/link';
import { EmptyState } from '#components/empty-state';
import { LinkButton } from '#components/link-button';
import { RelativeTime } from '#components/relative-time';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { getPreference } from '#lib/preferences/queries';
import { listQueues } from '#lib/queues/queries';
import { listQueue } from '#lib/reviews/list';
import { COUNTED, queueSummary } from '#lib/reviews/queries';
import { BulkButton } from './bulk-button.tsx';
import { claimFilters, queryOf, readQueueFilters } from './filters.ts';
import { NotReviewing } from './not-reviewing.tsx';
import classes from './queue.module.css';
import { QueueFilterBar } from './queue-filter-bar.tsx';
import { QueueTable } from './queue-table.tsx';
import { QueueTabs } from './queue-tabs.tsx';
import { SavedViews } from './saved-views.tsx';
import { StartReviewing } from './start-reviewing.tsx';

export const metadata: Metadata = { title: 'Queue' };

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function QueuePage({ searchParams }: { searchParams: Search }) {
  const actor = await requireActor();
  const { filters, dropped } = readQueueFilters(await searchParams);
  const [{ items, nextCursor }, summary, queues, { views }] = await Promise.all([
    listQueue(actor, filters),
    queueSummary(actor),
    listQueues(actor),
    getPreference(actor),
  ]);
  const leads = can(actor, 'review.adjudicate');
  // Many are decided only by what the items are, never by who holds them.
  const { stage, ...what } = claimFilters(filters);
  const bulkQuery = stage === undefined || stage === 'review' ? queryOf(what).slice(1) : '';
  const narrowed = queryOf(filters) !== '';
  const older = nextCursor && queryOf({ ...filters, cursor: nextCursor });

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
            <StartReviewing filters={filters} disabled={summary.pending === 0 && items.length === 0} />
          ) : (
            <NotReviewing role={actor.role} mayInvite={can(actor, 'user.manage')} />
          )
        }
      />
      {summary.blocked > 0 && (
        <p className="quiet">
          <Link href="/interactions?state=blocked" prefetch={false}>
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
      <QueueTabs queues={queues} filters={filters} leads={leads} />
      <QueueFilterBar filters={filters} languages={summary.languages} />
      <div className={classes.acts}>
        <SavedViews views={views} query={queryOf({ ...filters, cursor: undefined }).slice(1)} />
        {can(actor, 'review.batch') && bulkQuery !== '' && <BulkButton query={bulkQuery} />}
      </div>
      <QueueTable
        rows={items}
        query={queryOf({ ...filters, cursor: undefined, limit: 50 })}
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
              command. What was decided is under <Link href="/interactions?state=decided">interactions</Link>.
            </EmptyState>
          )
        }
      />
      <nav aria-label="Pages of the queue" style={{ display: 'flex', gap: 8, marginTop: 12 }}>
        {filters.cursor && (
          <LinkButton
            href={`/queue${queryOf({ ...filters, cursor: undefined })}`}
            variant="default"
            size="xs"
          >
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
