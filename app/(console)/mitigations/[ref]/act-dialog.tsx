'use client';

import { Button, Group, Modal, PasswordInput, Stack, Textarea } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { attempt } from '#components/attempt';
import { Keys } from '#components/shell/shortcuts';
import type { ActionResult } from '#lib/action';
import { confirmIdentityAction } from '../actions.ts';

export type DialogProps = {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** Asks for typed words, with this label and at least so many characters. */
  reason?: { label: string; minLength: number; placeholder?: string };
  confirm: string;
  danger?: boolean;
  /** Why it cannot be done any more as it stands here. */
  blocked?: string | undefined;
  submit: (reason: string) => Promise<ActionResult<unknown>>;
  onDone: (data: unknown) => void;
};

/**
 * Asks before an act that cannot be undone. Where the act wants to know again who is there, the password is asked in
 * the same dialog and the act follows it: nothing that was typed is lost on the way.
 */
export function ActDialog(props: DialogProps) {
  const { opened, onClose, title, children, reason, confirm, danger = false, blocked } = props;
  const { submit, onDone } = props;
  const [words, setWords] = useState('');
  const [password, setPassword] = useState('');
  // Why it is asked for, in the words of the act; null while it is not.
  const [asksPassword, setAsksPassword] = useState<string | null>(null);
  const [errors, setErrors] = useState<{ reason?: string; password?: string; message?: string }>({});
  const [busy, setBusy] = useState(false);
  const missing = (reason?.minLength ?? 0) - words.trim().length;

  async function send(event: FormEvent) {
    event.preventDefault();
    if (busy || blocked !== undefined) return;
    if (reason && missing > 0) {
      const short = `At least ${reason.minLength} characters; ${missing} more.`;
      return setErrors({ reason: reason.minLength > 1 ? short : 'Say why.' });
    }
    setBusy(true);
    setErrors({});
    const refused = await confirmed();
    setBusy(false);
    if (refused) setErrors(refused);
  }

  /** What stands in the way, null when it is done. */
  async function confirmed(): Promise<typeof errors | null> {
    // Without one the act is tried again: somebody may have signed in anew in another tab.
    if (asksPassword !== null && password !== '') {
      const known = await attempt(confirmIdentityAction({ password }));
      if (!known.ok) return { password: known.fields?.password ?? known.message };
      setPassword('');
      setAsksPassword(null);
    }
    const answer = await attempt(submit(words.trim()));
    if (answer.ok) {
      onClose();
      setWords('');
      onDone(answer.data);
      return null;
    }
    const { password: stale, breakGlassReason, reason: refused } = answer.fields ?? {};
    if (stale !== undefined) {
      setAsksPassword(stale);
      return asksPassword !== null && password === '' ? { password: 'Type your password.' } : null;
    }
    const typed = breakGlassReason ?? refused;
    return typed && reason ? { reason: typed } : { message: answer.message };
  }

  return (
    <Modal opened={opened} onClose={onClose} title={title} centered size="lg">
      <form
        onSubmit={send}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          event.currentTarget.requestSubmit();
        }}
      >
        <Stack gap={12}>
          {children}
          {reason && (
            <Textarea
              label={reason.label}
              placeholder={reason.placeholder}
              data-autofocus
              autosize
              minRows={2}
              maxRows={8}
              maxLength={2_000}
              value={words}
              error={errors.reason}
              onChange={(event) => {
                setWords(event.currentTarget.value);
                setErrors({});
              }}
            />
          )}
          {asksPassword !== null && (
            <PasswordInput
              label="Your password"
              description={asksPassword}
              autoComplete="current-password"
              autoFocus
              value={password}
              error={errors.password}
              onChange={(event) => {
                setPassword(event.currentTarget.value);
                setErrors({});
              }}
            />
          )}
          {(blocked ?? errors.message) && (
            <p role="alert" style={{ margin: 0, color: 'var(--critical)' }}>
              {blocked ?? errors.message}
            </p>
          )}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              {...(danger && { color: 'red.9' })}
              loading={busy}
              disabled={blocked !== undefined}
              data-autofocus={!reason}
              rightSection={<Keys keys={reason ? 'Ctrl Enter' : 'Enter'} />}
            >
              {confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
