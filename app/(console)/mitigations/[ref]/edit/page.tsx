import type { Metadata } from 'next';
import { notFound, redirect } from 'next/navigation';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { composerExamples, getMitigation } from '#lib/mitigations/queries';
import { allows } from '#lib/mitigations/states';
import { can } from '#lib/permissions';
import { Composer } from '../../composer.tsx';
import { forComposer } from '../../examples.ts';
import { formFrom } from '../../rule-form.ts';

export const metadata: Metadata = { title: 'Edit rule' };

type Props = { params: Promise<{ ref: string }> };

export default async function EditMitigationPage({ params }: Props) {
  const actor = await requireActor();
  const { ref } = await params;
  const rule = await getMitigation(actor, ref).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  if (!can(actor, 'mitigation.draft') || !allows('edit', rule.state)) redirect(`/mitigations/${rule.ref}`);
  const { examples } = await composerExamples(actor, rule.incidentId);
  return (
    <>
      <PageHeader
        title={`Edit ${rule.ref}`}
        facts={`version ${rule.version}${rule.state === 'approved' ? ' · saving clears its approval' : ''}`}
      />
      <Composer
        source={{
          incident: rule.incident,
          cluster: null,
          declare: { title: '', interactionIds: [] },
        }}
        examples={forComposer(examples)}
        initial={formFrom({
          ...rule,
          begins: rule.startsAt ? '' : '0',
          minutes: '',
          findChosen: rule.matcher.kind === 'imports',
        })}
        edit={{
          ref: rule.ref,
          version: rule.version,
          expiresAt: rule.expiresAt.toISOString(),
          lifeMinutes: rule.lifeMinutes,
          startsAt: rule.startsAt?.toISOString() ?? null,
        }}
      />
    </>
  );
}
