import type { Decide } from '#lib/reviews/schema';
import type { Answer } from './outbox.ts';

const AWAY = 'Stopgap does not answer right now.';
const SIGNED_OUT = 'You are signed out: sign in in another tab.';

type Called<T> =
  | { kind: 'ok'; data: T }
  | { kind: 'refused'; message: string }
  | { kind: 'away'; message: string };

/** Asks a route of the queue; a lost connection or a server that is not there is told apart from a refusal. */
export async function call<T>(path: string, body: unknown): Promise<Called<T>> {
  const json = JSON.stringify(body);
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: json,
      // Goes on while the page is being left; browsers allow it up to 64 KiB.
      keepalive: json.length < 30_000,
    });
    if (response.ok) return { kind: 'ok', data: (await response.json()) as T };
    if (response.status === 401) return { kind: 'away', message: SIGNED_OUT };
    if (response.status === 429 || response.status >= 500) return { kind: 'away', message: AWAY };
    const answer = (await response.json()) as { error?: { message?: string } };
    return { kind: 'refused', message: answer.error?.message ?? `Stopgap answered ${response.status}.` };
  } catch {
    return { kind: 'away', message: AWAY };
  }
}

/** Sends one decision. */
export async function sendDecision(decision: Decide): Promise<Answer> {
  const answer = await call<{ reviewId: string; undoSeconds: number }>('/api/queue/decide', decision);
  if (answer.kind === 'ok') return { kind: 'decided', ...answer.data };
  return { kind: answer.kind === 'away' ? 'unreachable' : 'refused', message: answer.message };
}
