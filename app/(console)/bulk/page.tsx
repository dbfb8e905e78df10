import type { Metadata } from 'next';
import Link from 'next/link';
import { Denied } from '#components/denied';
import { EmptyState } from '#components/empty-state';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { previewBatch } from '#lib/batches/queries';
import { AppError } from '#lib/errors';
import { can } from '#lib/permissions';
import { listPolicies } from '#lib/policies/queries';
import { batchFilterSchema } from '#lib/reviews/schema';
import { BatchLook } from './batch-look.tsx';
import { DecideFilter } from './decide-filter.tsx';
import { readBatchFilter, wordsOf } from './filter.ts';
import { moreVariants, readVariants } from './more-variants.ts';

export const metadata: Metadata = { title: 'Decide many' };

type Search = Promise<Record<string, string | string[] | undefined>>;

/** What a filter of the queue would decide, looked at before it does. */
export default async function BulkPage({ searchParams }: { searchParams: Search }) {
  const actor = await requireActor();
  if (!can(actor, 'review.batch')) return <Denied permission="review.batch" />;
  const search = await searchParams;
  const given = readBatchFilter(search);
  const filter = batchFilterSchema.safeParse(given);
  if (!filter.success) {
    return (
      <>
        <PageHeader title="Decide many" />
        <EmptyState title="Which ones?">
          Set at least one filter on the <Link href="/queue">queue</Link> first, then come here with{' '}
          <kbd className="key">B</kbd>. A whole queue is never decided at once.
        </EmptyState>
      </>
    );
  }
  const [preview, policies] = await Promise.all([
    previewBatch(actor, { filter: filter.data }, readVariants(search)).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') return null;
      throw error;
    }),
    listPolicies(actor),
  ]);
  const { items: _, ...filters } = given;
  const back = `/queue?${new URLSearchParams(filters)}`;
  return (
    <>
      <PageHeader
        title="Decide many"
        facts={
          <>
            {wordsOf(given)} · <Link href={back}>back to the queue</Link>
          </>
        }
      />
      {preview === null || preview.total === 0 ? (
        <EmptyState title="Nothing here can be decided by you now">
          {preview?.excluded
            .map(({ reason, count }) => `${count.toLocaleString('en')} ${reason}`)
            .join(', ') || 'No pending item matches these filters.'}
        </EmptyState>
      ) : (
        <>
          <BatchLook preview={preview} more={moreVariants('/bulk', search, preview)} />
          <DecideFilter key={preview.count} filter={filter.data} preview={preview} policies={policies} />
        </>
      )}
    </>
  );
}
