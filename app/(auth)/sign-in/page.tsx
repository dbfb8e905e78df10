import { Button, Stack } from '@mantine/core';
import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { currentUser, demoPeople } from '#lib/auth';
import { env } from '#lib/env';
import { SignInForm } from './sign-in-form.tsx';

export const metadata: Metadata = { title: 'Sign in' };

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ error?: string }> }) {
  if (await currentUser()) redirect('/');
  const { error } = await searchParams;
  const { OIDC_ISSUER, OIDC_NAME } = env();
  const people = await demoPeople();
  return (
    <>
      <h1>Sign in</h1>
      {people.length > 0 && (
        <Stack gap={8} mb={16}>
          <p className="quiet">
            The demo’s people, one click each. A rule needs two: one writes it, another commander approves.
          </p>
          {people.map(({ id, name, role }) => (
            <Button key={id} component="a" href={`/demo-sign-in?as=${id}`} variant="default">
              {name}, {role}
            </Button>
          ))}
        </Stack>
      )}
      <SignInForm oidcName={OIDC_ISSUER ? OIDC_NAME : null} error={error ?? null} />
    </>
  );
}
