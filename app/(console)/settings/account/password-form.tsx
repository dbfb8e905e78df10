'use client';

import { Alert, Button, PasswordInput, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { attempt } from '#components/attempt';
import { changePasswordAction } from './actions.ts';

export function PasswordForm() {
  const [fields, setFields] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ good: boolean; text: string } | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = event.currentTarget;
    setBusy(true);
    const result = await attempt(changePasswordAction(Object.fromEntries(new FormData(form))));
    setBusy(false);
    setFields(result.ok ? {} : (result.fields ?? {}));
    setSaid(
      result.ok ? { good: true, text: 'Your password is changed.' } : { good: false, text: result.message },
    );
    if (result.ok) form.reset();
  }

  return (
    <form onSubmit={submit}>
      <Stack gap={12} maw={380}>
        {said && (
          <Alert color={said.good ? 'green' : 'red'} variant="outline" role="status">
            {said.text}
          </Alert>
        )}
        <PasswordInput
          name="current"
          label="Current password"
          autoComplete="current-password"
          required
          error={fields.current}
        />
        <PasswordInput
          name="next"
          label="New password"
          description="At least 12 characters. Every session ends; you sign in again with the new one."
          autoComplete="new-password"
          required
          error={fields.next}
        />
        <Button type="submit" loading={busy}>
          Change the password
        </Button>
      </Stack>
    </form>
  );
}
