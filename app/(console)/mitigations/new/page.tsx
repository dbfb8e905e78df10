import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { Visible } from '#components/diff/visible';
import { EmptyState } from '#components/empty-state';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { can } from '#lib/permissions';
import { Composer } from '../composer.tsx';
import { forComposer } from '../examples.ts';
import { formFrom } from '../rule-form.ts';
import { type Asked, composerStart } from './start.ts';

export const metadata: Metadata = { title: 'New rule' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** The composer, opened from an incident, a cluster, one interaction or a query. */
export default async function NewMitigationPage({ searchParams }: Props) {
  const actor = await requireActor();
  if (!can(actor, 'mitigation.draft')) return <Empty title="Leads and commanders write rules" />;
  const start = await composerStart(actor, readAsked(await searchParams)).catch((error: unknown) => {
    if (error instanceof AppError && (error.code === 'not_found' || error.code === 'invalid')) notFound();
    throw error;
  });
  if (!start) return <Empty title="A rule is written from something that happened" />;
  return (
    <>
      <PageHeader title={start.title} facts={<Visible text={start.facts} />} />
      <Composer
        source={start.source}
        examples={forComposer(start.examples)}
        why={start.why}
        tests={start.tests}
        initial={formFrom({ ...start.suggestion, title: start.ruleTitle, minutes: '240' })}
      />
    </>
  );
}

function readAsked(search: Record<string, string | string[] | undefined>): Asked {
  const names = ['incident', 'cluster', 'interaction', 'query'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (typeof search[name] === 'string' ? [[name, search[name]]] : [])),
  );
}

function Empty({ title }: { title: string }) {
  return (
    <>
      <PageHeader title="New rule" />
      <EmptyState title={title}>
        Press <kbd className="key">m</kbd> on a <Link href="/clusters">cluster</Link>, on an interaction,
        after a <Link href="/investigate">query</Link> or in an <Link href="/incidents">incident</Link>, and
        the composer opens with a first draft.
      </EmptyState>
    </>
  );
}
