import Link from 'next/link';
import type { ReactNode } from 'react';
import type { ListedQueue } from '#lib/queues/queries';
import type { ListQueue } from '#lib/reviews/schema';
import { queryOf } from './filters.ts';
import classes from './queue.module.css';

type QueueTabsProps = { queues: ListedQueue[]; filters: ListQueue; leads: boolean; children: ReactNode };

/** The named queues with what waits in each, for leads what waits for them, and one's own tabs. */
export function QueueTabs({ queues, filters, leads, children }: QueueTabsProps) {
  const { queue: at, stage = 'review' } = filters;
  const to = (change: Partial<ListQueue>) => `/queue${queryOf({ ...filters, cursor: undefined, ...change })}`;
  const review = stage === 'review';
  const forLeads = queues.reduce((sum, queue) => sum + queue.forLeads, 0);
  return (
    <div className={classes.tabs}>
      {queues.length > 1 && (
        <nav aria-label="Queues" className={classes.tabRow}>
          <Tab href={to({ queue: undefined })} current={at === undefined} label="All queues" />
          {queues.map((queue) => (
            <Tab
              key={queue.key}
              href={to({ queue: queue.key })}
              current={at === queue.key}
              label={queue.name}
              count={review ? countOf(queue.pending, queue.capped) : queue.forLeads.toLocaleString('en')}
            />
          ))}
        </nav>
      )}
      {leads && (
        <nav aria-label="Stages" className={classes.tabRow}>
          <Tab href={to({ stage: undefined })} current={review} label="Review" />
          <Tab href={to({ stage: 'adjudication' })} current={stage === 'adjudication'} label="Adjudication" />
          <Tab href={to({ stage: 'lead' })} current={stage === 'lead'} label="Raised" />
          <span className={classes.tabNote}>
            {forLeads === 0 ? 'nothing waits for a lead' : `${forLeads.toLocaleString('en')} wait for a lead`}
          </span>
        </nav>
      )}
      {children}
    </div>
  );
}

type TabProps = { href: string; current: boolean; label: string; count?: string };

function Tab({ href, current, label, count }: TabProps) {
  return (
    <Link href={href} className={classes.tab} aria-current={current ? 'page' : undefined}>
      {label}
      {count !== undefined && <span className={classes.tabCount}>{count}</span>}
    </Link>
  );
}

function countOf(pending: number, capped: boolean): string {
  return `${pending.toLocaleString('en')}${capped ? '+' : ''}`;
}
