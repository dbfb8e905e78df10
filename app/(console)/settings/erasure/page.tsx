import type { Metadata } from 'next';
import { Denied } from '#components/denied';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { EraseForm } from './erase-form.tsx';

export const metadata: Metadata = { title: 'Erase a person’s text' };

export default async function ErasurePage() {
  const actor = await requireActor();
  if (!can(actor, 'interaction.erase')) return <Denied permission="interaction.erase" />;
  return (
    <>
      <PageHeader title="Erase a person’s text" facts="for a user of your models, when they or the law ask" />
      <EraseForm />
    </>
  );
}
