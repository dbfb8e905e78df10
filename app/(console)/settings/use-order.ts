import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { attempt } from '#components/attempt';
import type { ActionResult } from '#lib/action';

/** Moves one of a list up or down and saves the whole order; the list is put back when that was refused. */
export function useOrder(keys: string[], save: (keys: string[]) => Promise<ActionResult<void>>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function move(key: string, name: string, step: 1 | -1) {
    const at = keys.indexOf(key);
    const to = at + step;
    if (busy || at < 0 || to < 0 || to >= keys.length) return;
    const next = keys.filter((each) => each !== key);
    next.splice(to, 0, key);
    setBusy(true);
    const result = await attempt(save(next));
    setBusy(false);
    setProblem(result.ok ? null : result.message);
    if (result.ok) notifications.show({ message: `${name} is number ${to + 1} now.` });
  }

  return { busy, problem, move };
}
