import type { Metadata } from 'next';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { getPreference } from '#lib/preferences/queries';
import { KeysForm } from './keys-form.tsx';
import { PasswordForm } from './password-form.tsx';

export const metadata: Metadata = { title: 'Your account' };

export default async function AccountPage() {
  const actor = await requireActor();
  const { keymap } = await getPreference(actor);
  return (
    <>
      <PageHeader title="Your account" facts={`${actor.name}, ${actor.role}`} />
      <PasswordForm />
      <KeysForm kept={keymap} role={actor.role} />
    </>
  );
}
