import type { Answer, Answered, Outgoing } from './outbox.ts';

const AWAY = 'Stopgap does not answer right now.';
const SIGNED_OUT = 'You are signed out: sign in in another tab.';

type Called<T> =
  | { kind: 'ok'; data: T }
  | { kind: 'refused'; message: string }
  /** `all`: not only this one gets no answer. */
  | { kind: 'away'; message: string; all: boolean };

/**
 * Asks a route of the queue; a lost connection or a server that is not there is told apart from a refusal. What is
 * sent again under the same `key` is done once.
 */
export async function call<T>(path: string, body: unknown, key?: string): Promise<Called<T>> {
  const json = JSON.stringify(body);
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
      body: json,
      // Goes on while the page is being left; browsers allow it up to 64 KiB.
      keepalive: json.length < 30_000,
    });
    if (response.ok) return { kind: 'ok', data: (await response.json()) as T };
    if (response.status === 401) return { kind: 'away', message: SIGNED_OUT, all: true };
    if (response.status === 429 || response.status >= 500) {
      return { kind: 'away', message: AWAY, all: response.status === 429 };
    }
    // A proxy that refuses says so in HTML: that is about this one, and what comes after it is sent.
    const answer = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
    return { kind: 'refused', message: answer.error?.message ?? `Stopgap answered ${response.status}.` };
  } catch {
    return { kind: 'away', message: AWAY, all: true };
  }
}

/** Sends an act, or the wish to take one back: that says how long it had to wait, for an undo has its time. */
export async function sendOutgoing({ id, kind, body, at }: Outgoing): Promise<Answer> {
  const waitedMs = Math.min(86_400_000, Math.max(0, Date.now() - at));
  const answer =
    kind === 'take-back'
      ? await call<Answered>('/api/queue/take-back', { ...body, waitedMs })
      : await call<Answered>(`/api/queue/${kind}`, body, id);
  if (answer.kind === 'ok') return { kind: 'done', data: answer.data };
  return answer.kind === 'away' ? { ...answer, kind: 'unreachable' } : answer;
}
