import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { CompletionDiff } from '#components/diff/completion-diff';
import { EmptyState } from '#components/empty-state';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { findSimilar } from '#lib/clusters/similar';
import { AppError } from '#lib/errors';
import { getInteraction } from '#lib/interactions/queries';
import classes from '../../clusters.module.css';
import { SimilarTable } from './similar-table.tsx';

export const metadata: Metadata = { title: 'Similar interactions' };

/** What is like one interaction, in its cluster and beyond it. */
export default async function SimilarPage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActor();
  const { id } = await params;
  const found = await Promise.all([findSimilar(actor, id), getInteraction(actor, id)]).catch(
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') notFound();
      throw error;
    },
  );
  const [{ items }, one] = found;
  return (
    <>
      <PageHeader
        title="Similar interactions"
        facts="the likest first, also under other rules, categories and languages"
      />
      <div className={classes.main}>
        <CompletionDiff
          before={one.completion === '' ? null : one.before}
          completion={one.completion || one.prompt}
          language={one.completion === '' ? 'text' : one.language}
          path={one.path ?? 'the one these are like'}
          surface={one.surface}
          meta={one.meta}
          findings={one.findings}
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
      </div>
    </>
  );
}
