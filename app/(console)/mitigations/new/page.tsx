import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { EmptyState } from '#components/empty-state';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { composerExamples, incidentByRef } from '#lib/mitigations/queries';
import { suggestRule } from '#lib/mitigations/suggest';
import { can } from '#lib/permissions';
import { Composer } from '../composer.tsx';
import { forComposer } from '../examples.ts';
import { formFrom } from '../rule-form.ts';

export const metadata: Metadata = { title: 'New rule' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function NewMitigationPage({ searchParams }: Props) {
  const actor = await requireActor();
  const { incident: asked } = await searchParams;
  if (!can(actor, 'mitigation.draft') || typeof asked !== 'string') {
    return (
      <>
        <PageHeader title="New rule" />
        <EmptyState
          title={
            typeof asked === 'string' ? 'Leads and commanders write rules' : 'A rule belongs to an incident'
          }
        >
          <Link href="/incidents" prefetch={false}>
            Choose an incident
          </Link>
        </EmptyState>
      </>
    );
  }
  const incident = await incidentByRef(actor, asked).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  const { linked, examples } = await composerExamples(actor, incident.id);
  const start = suggestRule(examples) ?? {
    matcher: { kind: 'literal' as const, text: '', ignoreCase: false },
    target: 'completion' as const,
    scope: {},
  };
  return (
    <>
      <PageHeader
        title={`New rule for ${incident.ref}`}
        facts={`${incident.title} · ${linked} linked ${linked === 1 ? 'interaction' : 'interactions'}`}
      />
      <Composer
        source={{ incident, cluster: null, declare: { title: '', interactionIds: [] } }}
        examples={forComposer(examples)}
        initial={formFrom({ ...start, title: incident.title, minutes: '240' })}
      />
    </>
  );
}
