import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { getBatch } from '#lib/batches/queries';
import { AppError } from '#lib/errors';
import classes from '../bulk.module.css';
import { wordsOf } from '../filter.ts';
import { Reverse } from './reverse.tsx';

export const metadata: Metadata = { title: 'Batch' };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** One batch: what was decided with one word, where that stands, and the way back. */
export default async function BatchPage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActor();
  const { id } = await params;
  if (!UUID.test(id)) notFound();
  const batch = await getBatch(actor, id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  const verdict = batch.verdict ?? 'verdict hidden: you may still review some of its items';
  return (
    <>
      <PageHeader
        title={`${batch.count.toLocaleString('en')} decided with one word`}
        facts={
          <>
            by {batch.mine ? 'you' : batch.by} · <RelativeTime at={batch.createdAt} /> · {verdict}
            {batch.policyTitle && ` under ${batch.policyTitle}`}
          </>
        }
        actions={<Reverse batchId={batch.id} count={batch.reversible} allowed={batch.mayReverse} />}
      />
      <p>
        {batch.cluster ? (
          <>
            Members of <Link href={`/clusters/${batch.cluster.ref}`}>{batch.cluster.ref}</Link>.
          </>
        ) : (
          batch.filter && (
            <>
              What matched <Visible text={wordsOf(batch.filter)} />.
            </>
          )
        )}{' '}
        {batch.reversedAt ? (
          <>
            Reversed <RelativeTime at={batch.reversedAt} />; {batch.left.toLocaleString('en')} of its
            decisions stand.
          </>
        ) : (
          <>
            {batch.left.toLocaleString('en')} of its decisions stand
            {batch.waiting > 0 && `, ${batch.waiting.toLocaleString('en')} of them wait for another person`}.
            It can be reversed within {batch.hours} hours, by who made it or a lead.
          </>
        )}
      </p>
      {batch.kept.length > 0 && (
        <p className={classes.excluded}>
          Reversing would leave as they are:{' '}
          {batch.kept.map(({ reason, count }) => `${count.toLocaleString('en')} ${reason}`).join(', ')}.
        </p>
      )}
      {batch.note && (
        <blockquote className={classes.quote}>
          <Visible text={batch.note} />
        </blockquote>
      )}
      <p>
        <Link href="/queue">On to the queue</Link> ·{' '}
        <Link href="/clusters?state=open">clusters that wait</Link>
      </p>
    </>
  );
}
