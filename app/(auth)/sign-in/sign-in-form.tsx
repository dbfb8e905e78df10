'use client';

import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { signIn } from 'next-auth/react';
import { type FormEvent, useState } from 'react';

const MESSAGES: Record<string, string> = {
  CredentialsSignin: 'That e-mail and password do not go together, or the account is disabled.',
  AccessDenied:
    'Your single sign-on account may not enter: its address is unverified or the account is disabled.',
};

/** What went wrong, in words; next-auth hands over either a code or the message of a refusal. */
function explain(error: string): string {
  if (error.startsWith('Too many')) return error;
  return MESSAGES[error] ?? 'Signing in did not work. Try again; if it stays, look at the log of web.';
}

export function SignInForm({ oidcName, error }: { oidcName: string | null; error: string | null }) {
  const [problem, setProblem] = useState(error);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const answer = await signIn('credentials', {
      redirect: false,
      email: String(form.get('email')),
      password: String(form.get('password')),
    }).catch(() => ({ ok: false, error: 'unreachable' }));
    if (answer?.ok && !answer.error) return window.location.assign('/');
    setProblem(answer?.error ?? 'unreachable');
    setBusy(false);
  }

  return (
    <form onSubmit={submit}>
      <Stack gap={12}>
        {problem && (
          <Alert color="red" variant="outline" role="alert">
            {explain(problem)}
          </Alert>
        )}
        <TextInput name="email" type="email" label="E-mail" autoComplete="username" required />
        <PasswordInput name="password" label="Password" autoComplete="current-password" required />
        <Button type="submit" loading={busy}>
          Sign in
        </Button>
        {oidcName && (
          <Button variant="default" onClick={() => signIn('oidc', { callbackUrl: '/' })}>
            Sign in with {oidcName}
          </Button>
        )}
      </Stack>
    </form>
  );
}
