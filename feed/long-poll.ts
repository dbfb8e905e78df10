import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '#lib/errors';
import type { Current } from './source.ts';

const WAIT_MAX_S = 60;

/** Seconds of `Prefer: wait=N` (RFC 7240), 0 without, 60 at most. */
export function preferredWait(header: string | string[] | undefined): number {
  const found = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(String(header ?? ''))?.[1];
  return Math.min(Number(found ?? 0), WAIT_MAX_S);
}

/** The seq of `If-None-Match: "12"` (weak or not), null for anything else. */
export function knownSeq(header: string | undefined): number | null {
  const found = /^\s*(?:W\/)?"(\d{1,10})"\s*$/.exec(header ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

/** `GET /v1/ruleset`: the newest snapshot, or held until there is another than the caller has. */
export class LongPoll {
  readonly #waiters = new Set<() => void>();

  get size(): number {
    return this.#waiters.size;
  }

  /** Wakes everybody who waits; they look at what is newest themselves. */
  wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    newest: () => Current | null,
  ): Promise<void> {
    const known = knownSeq(request.headers['if-none-match']);
    const wait = preferredWait(request.headers.prefer);
    // Compared after the waiter stands, so that a publish in between is not missed for a whole wait.
    const woken = wait > 0 ? this.#wait(response, wait * 1_000) : null;
    // A caller ahead of this feed (it read from a faster one) waits too: rulesets never go back.
    const isNews = (current: Current | null) => current !== null && (known === null || current.seq > known);
    if (woken && !isNews(newest())) await woken.done;
    woken?.cancel();
    const current = newest();
    if (!current) {
      throw new AppError('unavailable', 'Nothing has been published yet, or the database is away.', {
        retryAfterSeconds: 1,
      });
    }
    const headers = { etag: `"${current.seq}"`, 'cache-control': 'no-store' };
    if (!isNews(current)) {
      response.writeHead(304, { ...headers, etag: `"${known}"` }).end();
      return;
    }
    response.writeHead(200, {
      ...headers,
      'content-type': 'application/json',
      'content-length': current.body.length,
    });
    response.end(current.body);
  }

  #wait(response: ServerResponse, ms: number): { done: Promise<void>; cancel: () => void } {
    let settle = () => {};
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const cancel = () => {
      clearTimeout(timer);
      this.#waiters.delete(settle);
      response.off('close', settle);
      settle();
    };
    const timer = setTimeout(settle, ms);
    this.#waiters.add(settle);
    response.on('close', settle);
    return { done, cancel };
  }
}
