import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { EmptyState } from '#components/empty-state';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { findSimilar } from '#lib/clusters/similar';
import { AppError } from '#lib/errors';
import { SimilarTable } from './similar-table.tsx';

export const metadata: Metadata = { title: 'Similar interactions' };

/** What is like one interaction, in its cluster and beyond it. */
export default async function SimilarPage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActor();
  const { id } = await params;
  const { items } = await findSimilar(actor, id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  return (
    <>
      <PageHeader
        title="Similar interactions"
        facts="the likest first, also under other rules, categories and languages"
      />
      <SimilarTable
        rows={items}
        empty={
          <EmptyState title="Nothing is like it">
            Nothing flagged so far resembles this interaction. What arrived in the last seconds may still be
            on its way into the clusters.
          </EmptyState>
        }
      />
    </>
  );
}
