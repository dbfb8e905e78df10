'use client';

import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { signIn } from 'next-auth/react';
import { type FormEvent, useState } from 'react';
import { createFirstAdminAction } from './actions.ts';

export function SetupForm({ token }: { token: string }) {
  const [fields, setFields] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setBusy(true);
    const input = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    const result = await createFirstAdminAction(input);
    if (result.ok) {
      await signIn('credentials', { email: input.email, password: input.password, callbackUrl: '/start' });
      return;
    }
    setFields(result.fields ?? {});
    setProblem(result.message);
    setBusy(false);
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
