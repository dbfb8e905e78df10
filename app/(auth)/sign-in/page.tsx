import { Button, Stack } from '@mantine/core';
import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { currentUser } from '#lib/auth';
import { env } from '#lib/env';
import { SignInForm } from './sign-in-form.tsx';

export const metadata: Metadata = { title: 'Sign in' };

const DEMO_PEOPLE = [
  { role: 'reviewer', label: 'Come in as the reviewer' },
  { role: 'commander', label: 'Come in as the commander' },
  { role: 'auditor', label: 'Come in as the auditor' },
];

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ error?: string }> }) {
  if (await currentUser()) redirect('/');
  const { error } = await searchParams;
  const { OIDC_ISSUER, OIDC_NAME, STOPGAP_DEMO } = env();
  return (
    <>
      <h1>Sign in</h1>
      {STOPGAP_DEMO === '1' && (
        <Stack gap={8} mb={16}>
          {DEMO_PEOPLE.map(({ role, label }) => (
            <Button key={role} component="a" href={`/demo-sign-in?as=${role}`} variant="default">
              {label}
            </Button>
          ))}
        </Stack>
      )}
      <SignInForm oidcName={OIDC_ISSUER ? OIDC_NAME : null} error={error ?? null} />
    </>
  );
}
