import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { can } from '#lib/permissions';
import { listPolicies } from '#lib/policies/queries';
import { listQueue } from '#lib/reviews/list';
import { getWorkItem } from '#lib/reviews/queries';
import { getReviewSettings } from '#lib/settings/queries';
import { listReviewers } from '#lib/users/queries';
import { parseQueueFilters } from '../filters.ts';
import { shown } from '../work.ts';
import { Workbench } from './workbench.tsx';

export const metadata: Metadata = { title: 'Review' };

type Search = Record<string, string | string[] | undefined>;
type WorkbenchPageProps = { params: Promise<{ id: string }>; searchParams: Promise<Search> };

/** Renders the item; the claim is made by the browser, because rendering a page must change nothing. */
export default async function WorkbenchPage({ params, searchParams }: WorkbenchPageProps) {
  const actor = await requireActor();
  const { id } = await params;
  if (!can(actor, 'review.claim')) redirect(`/interactions/${id}`);
  const filters = parseQueueFilters(await searchParams);
  const [item, policies, rules, reviewers, { items }] = await Promise.all([
    getWorkItem(actor, id).catch((error: unknown) => {
      // What is no review work is still an interaction, or that page says that it is nothing.
      if (error instanceof AppError && error.code === 'not_found') redirect(`/interactions/${id}`);
      throw error;
    }),
    listPolicies(actor),
    getReviewSettings(actor),
    listReviewers(actor),
    listQueue(actor, { ...filters, limit: 30, cursor: undefined }),
  ]);
  const { policyRequiredFor, noteRequiredFor, holdMaxMinutes } = rules;
  return (
    <Workbench
      first={shown(item)}
      policies={policies}
      filters={filters}
      rules={{ policyRequiredFor, noteRequiredFor, holdMaxMinutes }}
      rows={items.map((row) => ({ ...row, receivedAt: row.receivedAt.toISOString() }))}
      others={reviewers.filter(({ id }) => id !== actor.id)}
      self={{
        mayReveal: can(actor, 'interaction.reveal'),
        mayDraft: can(actor, 'mitigation.draft'),
      }}
    />
  );
}
