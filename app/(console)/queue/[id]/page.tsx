import type { Metadata } from 'next';
import { notFound, redirect } from 'next/navigation';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { getInteraction } from '#lib/interactions/queries';
import { can } from '#lib/permissions';
import { listPolicies } from '#lib/policies/queries';
import { type QueueFilters, queueFiltersSchema } from '#lib/reviews/schema';
import { Workbench } from './workbench.tsx';

export const metadata: Metadata = { title: 'Review' };

type Search = Record<string, string | string[] | undefined>;
type WorkbenchPageProps = { params: Promise<{ id: string }>; searchParams: Promise<Search> };

/** Renders the item; the claim is made by the browser, because rendering a page must change nothing. */
export default async function WorkbenchPage({ params, searchParams }: WorkbenchPageProps) {
  const actor = await requireActor();
  const { id } = await params;
  if (!can(actor, 'review.claim')) redirect(`/interactions/${id}`);
  const [interaction, policies] = await Promise.all([
    getInteraction(actor, id).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') notFound();
      throw error;
    }),
    listPolicies(actor),
  ]);
  if (!interaction.queue) redirect(`/interactions/${id}`);
  return (
    <Workbench key={id} first={interaction} policies={policies} filters={parseFilters(await searchParams)} />
  );
}

function parseFilters(search: Search): QueueFilters {
  const parsed = queueFiltersSchema.safeParse(search);
  return parsed.success ? parsed.data : {};
}
