'use client';

import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useIdentity } from '#components/identity';
import { Keys } from '#components/shell/shortcuts';
import type { ActionResult } from '#lib/action';
import { confirmIdentityAction } from '../../confirm-identity.ts';

type DialogProps = {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** Asks for typed words, with this label and at least so many characters. */
  reason?: { label: string; minLength: number; placeholder?: string };
  /** Asks for the name of what is acted on where a press is not enough: from the start, or once the act asks. */
  typed?: { name: string; asked: boolean };
  confirm: string;
  danger?: boolean;
  /** Why it cannot be done any more as it stands here. */
  blocked?: string | undefined;
  submit: (reason: string, typed: string) => Promise<ActionResult<unknown>>;
  onDone: (data: unknown) => void;
};

/**
 * Asks before an act that cannot be undone. Where the act wants to know again who is there, the password is asked in
 * the same dialog and the act follows it: nothing that was typed is lost on the way.
 */
export function ActDialog(props: DialogProps) {
  const { opened, onClose, title, children, reason, typed, confirm, danger = false, blocked } = props;
  const { submit, onDone } = props;
  const [words, setWords] = useState('');
  const [name, setName] = useState('');
  const [asksName, setAsksName] = useState(false);
  const wanted = typed && (typed.asked || asksName) ? typed.name : null;
  const identity = useIdentity(confirmIdentityAction);
  const [errors, setErrors] = useState<{ reason?: string; typed?: string; message?: string }>({});
  const [busy, setBusy] = useState(false);
  const missing = (reason?.minLength ?? 0) - words.trim().length;

  async function send(event: FormEvent) {
    event.preventDefault();
    if (busy || blocked !== undefined) return;
    if (reason && missing > 0) {
      const short = `At least ${reason.minLength} characters; ${missing} more.`;
      return setErrors({ reason: reason.minLength > 1 ? short : 'Say why.' });
    }
    if (wanted !== null && name.trim().toUpperCase() !== wanted.toUpperCase()) {
      return setErrors({ typed: `Type ${wanted} to confirm.` });
    }
    setBusy(true);
    setErrors({});
    const refused = await confirmed();
    setBusy(false);
    if (refused) setErrors(refused);
  }

  /** What stands in the way, null when it is done. */
  async function confirmed(): Promise<typeof errors | null> {
    const answer = await identity.run(() => submit(words.trim(), name.trim()));
    if (answer === null) return null;
    if (answer.ok) {
      onClose();
      setWords('');
      setName('');
      onDone(answer.data);
      return null;
    }
    const { breakGlassReason, reason: refused, confirm: unnamed } = answer.fields ?? {};
    if (unnamed !== undefined) setAsksName(true);
    const wrong = breakGlassReason ?? refused;
    return wrong && reason ? { reason: wrong } : { message: answer.message };
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
          {wanted !== null && (
            <TextInput
              label={`Type ${wanted} to confirm`}
              autoComplete="off"
              {...(!reason && { 'data-autofocus': true })}
              maxLength={40}
              value={name}
              error={errors.typed}
              onChange={(event) => {
                setName(event.currentTarget.value);
                setErrors({});
              }}
            />
          )}
          {identity.field}
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
              data-autofocus={!reason && wanted === null}
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
