'use client';

import { PasswordInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { attempt } from '#components/attempt';
import type { ActionResult } from '#lib/action';

/** The server action that takes a typed password. */
export type ConfirmIdentity = (input: { password: string }) => Promise<ActionResult<unknown>>;

type Identity = {
  /** The password, where the act has asked for it; nothing before. */
  field: ReactNode;
  /** Does the act, the typed password first. Null where the field now says what is missing: everything else stays. */
  run: <T>(act: () => Promise<ActionResult<T>>) => Promise<ActionResult<T> | null>;
};

/**
 * Some acts want to know again who is there. The password is asked in the same dialog and the act follows it, so that
 * nothing that was typed is lost on the way.
 */
export function useIdentity(confirm: ConfirmIdentity): Identity {
  const [password, setPassword] = useState('');
  // Why it is asked for, in the words of the act; null while it is not.
  const [why, setWhy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function run<T>(act: () => Promise<ActionResult<T>>): Promise<ActionResult<T> | null> {
    const asked = why !== null;
    setProblem(null);
    // Without one the act is tried again: somebody may have signed in anew in another tab.
    if (asked && password !== '') {
      const known = await attempt(confirm({ password }));
      if (!known.ok) {
        setProblem(known.fields?.password ?? known.message);
        return null;
      }
      setPassword('');
      setWhy(null);
    }
    const answer = await attempt(act());
    const stale = answer.ok ? undefined : answer.fields?.password;
    if (stale === undefined) return answer;
    setWhy(stale);
    if (asked && password === '') setProblem('Type your password.');
    return null;
  }

  const field = why !== null && (
    <PasswordInput
      label="Your password"
      description={why}
      autoComplete="current-password"
      autoFocus
      value={password}
      error={problem}
      onChange={(event) => {
        setPassword(event.currentTarget.value);
        setProblem(null);
      }}
    />
  );
  return { field, run };
}
