import type { Metadata } from 'next';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { PasswordForm } from './password-form.tsx';

export const metadata: Metadata = { title: 'Your account' };

export default async function AccountPage() {
  const actor = await requireActor();
  return (
    <>
      <PageHeader title="Your account" facts={`${actor.name}, ${actor.role}`} />
      <PasswordForm />
    </>
  );
}
