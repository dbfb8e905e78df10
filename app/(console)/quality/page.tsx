import type { Metadata } from 'next';
import Link from 'next/link';
import { chartClasses as chart } from '#components/chart/chart-classes';
import { Denied } from '#components/denied';
import { EmptyState } from '#components/empty-state';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { getQuality, MOST_ITEMS, qualityQueues } from '#lib/quality/queries';
import { qualityFiltersSchema } from '#lib/quality/schema';
import { AgreementQuestion, PairQuestion } from './agreement-question.tsx';
import { ClashTable } from './clash-table.tsx';
import { FilterBar } from './filter-bar.tsx';
import { GoldenQuestion, OverrideQuestion } from './override-questions.tsx';

export const metadata: Metadata = { title: 'Quality' };

type Search = Promise<Record<string, string | string[] | undefined>>;

/** Do we agree? Figures of items that several people reviewed, and what they disagree about. */
export default async function QualityPage({ searchParams }: { searchParams: Search }) {
  const actor = await requireActor();
  if (!can(actor, 'quality.read')) return <Denied permission="quality.read" />;
  const filters = qualityFiltersSchema.parse(await searchParams);
  const [quality, queues] = await Promise.all([getQuality(actor, filters), qualityQueues(actor)]);
  const { waiting } = quality;
  return (
    <>
      <PageHeader
        title="Do we agree?"
        facts={
          <>
            {quality.items.toLocaleString('en')} items reviewed by two or more people in the last{' '}
            {filters.days} days
            {quality.capped && ` (the newest ${MOST_ITEMS.toLocaleString('en')} are counted)`}
            {waiting > 0 && (
              <>
                {' · '}
                <Link href="/queue?stage=adjudication">
                  {waiting.toLocaleString('en')} {waiting === 1 ? 'disagreement waits' : 'disagreements wait'}{' '}
                  for a lead
                </Link>
              </>
            )}
          </>
        }
      />
      <FilterBar filters={filters} queues={queues} />
      {quality.items === 0 ? (
        <EmptyState title="Nothing here was reviewed by two people yet">
          Let a share of items go to a second, blind reviewer under{' '}
          <Link href="/settings/queues">review settings</Link>, or give a queue two required reviews. Figures
          appear from 30 such items on; the disagreements appear at once.
        </EmptyState>
      ) : (
        <div className={chart.page}>
          <AgreementQuestion quality={quality} />
          <ClashTable clashes={quality.clashes} filters={filters} />
          <PairQuestion pairs={quality.pairs} />
          <OverrideQuestion quality={quality} />
          <GoldenQuestion golden={quality.golden} />
        </div>
      )}
    </>
  );
}
