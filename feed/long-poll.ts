import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '#lib/errors';
import { HEAD_HEADER } from '#sdk/head';
import { isNews, parseEtag, tagText } from '#sdk/tag';
import type { Current } from './source.ts';

const WAIT_MAX_S = 60;

/** Seconds of `Prefer: wait=N` (RFC 7240), 0 without, 60 at most. */
export function preferredWait(header: string | string[] | undefined): number {
  const found = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(String(header ?? ''))?.[1];
  return Math.min(Number(found ?? 0), WAIT_MAX_S);
}

/** Callers that wait for a newer snapshot than they have. */
export class LongPoll {
  readonly #waiters = new Set<() => void>();

  get size(): number {
    return this.#waiters.size;
  }

  /** Wakes everybody who waits; they look at what is newest themselves. */
  wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** `GET /v1/ruleset`: the newest snapshot, or held until there is another than the caller has. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    newest: () => Current | null,
    /** Which ruleset is the newest, as the publisher signed it last. */
    head: () => string | null,
    /** Throws when the caller's key has ended while it waited. */
    stillAllowed: () => Promise<void>,
  ): Promise<void> {
    const known = parseEtag(request.headers['if-none-match']);
    const wait = preferredWait(request.headers.prefer);
    const current = await this.newer(response, (each) => isNews(each, known), wait, newest);
    // Of the same moment as the ruleset: while the key is looked up a newer one may come.
    const signed = head();
    if (wait > 0) await stillAllowed();
    const tag = current ?? known;
    const headers = {
      ...(tag && { etag: `"${tagText(tag)}"` }),
      ...(signed !== null && { [HEAD_HEADER]: signed }),
      'cache-control': 'no-store',
    };
    if (!current) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, {
      ...headers,
      'content-type': 'application/json',
      'content-length': current.body.length,
    });
    response.end(current.body);
  }

  /**
   * The newest snapshot as soon as it is news to the caller, null when `waitS` seconds passed without one.
   * Throws `unavailable` when there is none at all.
   */
  async newer(
    response: ServerResponse,
    isNewsTo: (current: Current) => boolean,
    waitS: number,
    newest: () => Current | null,
  ): Promise<Current | null> {
    // Compared after the waiter stands, so that a publish in between is not missed for a whole wait.
    const woken = waitS > 0 ? this.#wait(response, waitS * 1_000) : null;
    const before = newest();
    if (woken && !(before && isNewsTo(before))) await woken.done;
    woken?.cancel();
    const current = newest();
    if (!current) {
      throw new AppError('unavailable', 'Nothing has been published yet, or the database is away.', {
        retryAfterSeconds: 1,
      });
    }
    return isNewsTo(current) ? current : null;
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
