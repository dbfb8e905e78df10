'use client';

import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { signIn } from 'next-auth/react';
import { type FormEvent, useState } from 'react';
import { attempt } from '#components/attempt';
import { createFirstAdminAction } from './actions.ts';

export function SetupForm({ token }: { token: string }) {
  const [fields, setFields] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [made, setMade] = useState(false);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const input = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    const result = await attempt(createFirstAdminAction(input));
    if (result.ok) {
      const { email, password } = input;
      const answer = await signIn('credentials', { redirect: false, email, password }).catch(() => null);
      if (answer?.ok && !answer.error) window.location.assign('/start');
      // The token is used up, so this form has nothing more to give.
      else setMade(true);
      return;
    }
    setFields(result.fields ?? {});
    setProblem(result.message);
    setBusy(false);
  }

  if (made) {
    return (
      <Alert color="yellow" variant="outline" role="alert">
        You are the first admin, but signing in did not work just now. <a href="/sign-in">Sign in</a> with
        what you chose.
      </Alert>
    );
  }
  return (
    <form onSubmit={submit}>
      <Stack gap={12}>
        {problem && (
          <Alert color="red" variant="outline" role="alert">
            {problem}
          </Alert>
        )}
        <TextInput
          name="token"
          label="One-time token"
          description="Printed on the terminal that runs Stopgap"
          defaultValue={token}
          error={fields.token}
          required
        />
        <TextInput name="name" label="Your name" autoComplete="name" error={fields.name} required />
        <TextInput
          name="email"
          type="email"
          label="E-mail"
          autoComplete="username"
          error={fields.email}
          required
        />
        <PasswordInput
          name="password"
          label="Password"
          description="At least 12 characters"
          autoComplete="new-password"
          error={fields.password}
          required
        />
        <Button type="submit" loading={busy}>
          Make the first admin
        </Button>
      </Stack>
    </form>
  );
}
