import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardEvent } from './events.ts';
import { createSseParser } from './sse.ts';
import { type RulesetTag, tagText } from './tag.ts';

interface FollowOptions {
  feedUrl: string;
  apiKey: string;
  instanceId: string;
  /** The ruleset enforced now; sent on every connect so that the feed knows what is missing; null asks for all. */
  known: () => RulesetTag | null;
  /** One envelope as JSON text, and when its first byte came, on the clock of `performance.now`. Must not throw. */
  onSnapshot: (envelope: string, receivedAt: number) => void;
  /** A signed head, as it came. Must not throw. */
  onHead?: (head: string) => void;
  /** What the feed's clock said when it answered. */
  onFeedTime?: (time: Date) => void;
  onEvent: (event: GuardEvent) => void;
  /** A relay's: it is told which keys have ended, as SHA-256 (hex), for it remembers those of its children. */
  onKeysEnded?: (hashes: string[]) => void;
  /** Runs before each connect; a rejection counts as a failed attempt. */
  prepare?: (signal: AbortSignal) => Promise<void>;
  /** Milliseconds without a byte after which a stream is given up; keep-alives come every 15 s. */
  silenceMs?: number;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/** The feed refused the key. */
export class UnauthorizedError extends Error {
  readonly status: number;
  constructor(status: number) {
    const why =
      status === 401 ? 'does not know this API key' : "refuses this API key: it lacks the scope 'feed'";
    super(`The feed ${why} (HTTP ${status}).`);
    this.status = status;
  }
}

const jitter = (ms: number) => Math.round(ms * (0.5 + Math.random() * 0.5));
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** `path` under the feed's base address, which may have a path of its own. */
export function feedAddress(feedUrl: string, path: string): URL {
  return new URL(`${feedUrl.replace(/\/+$/, '')}${path}`);
}

/** How long the feed asks to stay away; resolves when the stream ends, rejects when it breaks. */
function readStream(options: FollowOptions, signal: AbortSignal, onOpen: () => void): Promise<number | null> {
  const { feedUrl, apiKey, instanceId, known, onSnapshot, silenceMs = 40_000 } = options;
  const kind = options.onKeysEnded ? '&kind=relay' : '';
  const address = feedAddress(feedUrl, `/v1/stream?instance=${encodeURIComponent(instanceId)}${kind}`);
  const headers: Record<string, string> = {
    authorization: `Bearer ${apiKey}`,
    accept: 'text/event-stream',
    'cache-control': 'no-store',
  };
  const tag = known();
  if (tag) headers['last-event-id'] = tagText(tag);

  return new Promise((resolve, reject) => {
    // node:http and not fetch: only here can the open socket be unref'd, so that it keeps no process alive.
    const send = address.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = send(address, { headers, agent: false, signal });
    let goodbye: number | null = null;
    const silence = setTimeout(
      () => outgoing.destroy(new Error(`The feed was silent for ${silenceMs / 1_000} s.`)),
      silenceMs,
    ).unref();
    const fail = (error: unknown) => {
      clearTimeout(silence);
      outgoing.destroy();
      reject(error);
    };
    let began: number | undefined;
    const parse = createSseParser(({ event, data }) => {
      if (event === 'head') options.onHead?.(data);
      if (event === 'snapshot') onSnapshot(data, began ?? performance.now());
      if (event === 'keys-ended') options.onKeysEnded?.(hashesIn(data));
      if (event === 'goodbye') {
        goodbye = retryIn(data);
        outgoing.destroy();
        clearTimeout(silence);
        resolve(goodbye);
      }
    });
    outgoing.on('socket', (socket) => socket.unref());
    outgoing.on('error', fail);
    outgoing.on('response', (incoming: IncomingMessage) => {
      const status = incoming.statusCode ?? 0;
      if (status === 401 || status === 403) return fail(new UnauthorizedError(status));
      if (status !== 200) return fail(new Error(`The feed answered HTTP ${status}.`));
      const feedTime = new Date(incoming.headers.date ?? '');
      if (!Number.isNaN(feedTime.getTime())) options.onFeedTime?.(feedTime);
      onOpen();
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        silence.refresh();
        began ??= performance.now();
        try {
          parse(chunk);
          if (chunk.endsWith('\n\n')) began = undefined;
        } catch (error) {
          fail(error);
        }
      });
      incoming.on('error', fail);
      incoming.on('close', () => {
        clearTimeout(silence);
        resolve(goodbye);
      });
    });
    outgoing.end();
  });
}

/** The SHA-256 digests in a list, none where it cannot be read. */
function hashesIn(data: string): string[] {
  try {
    const list: unknown = JSON.parse(data);
    return Array.isArray(list) ? list.filter((each) => /^[0-9a-f]{64}$/.test(String(each))).map(String) : [];
  } catch {
    return [];
  }
}

/** `{ retryMs }` of a goodbye, held between 0 and a minute. */
function retryIn(data: string): number {
  try {
    const { retryMs } = JSON.parse(data) as { retryMs?: unknown };
    if (typeof retryMs === 'number' && Number.isFinite(retryMs)) {
      return Math.min(Math.max(retryMs, 0), 60_000);
    }
  } catch {
    // A goodbye without a figure is still a goodbye.
  }
  return FIRST_RETRY_MS;
}

/** Follows the feed's stream until closed, through every loss of connection. */
export function follow(options: FollowOptions): { close(): Promise<void> } {
  const stop = new AbortController();
  const { signal } = stop;

  const run = async () => {
    let backoff = FIRST_RETRY_MS;
    while (!signal.aborted) {
      let wait: number;
      try {
        await options.prepare?.(signal);
        const goodbye = await readStream(options, signal, () => {
          backoff = FIRST_RETRY_MS;
          options.onEvent({ type: 'connected' });
        });
        if (signal.aborted) return;
        wait = jitter(goodbye ?? backoff);
        const reason = goodbye === null ? 'The feed closed the stream.' : 'The feed is about to restart.';
        options.onEvent({ type: 'disconnected', reason, retryMs: wait });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof UnauthorizedError) {
          wait = LAST_RETRY_MS;
          const { status, message } = error;
          options.onEvent({ type: 'unauthorized', status, message, retryMs: wait });
        } else {
          wait = jitter(backoff);
          options.onEvent({ type: 'disconnected', reason: reasonOf(error), retryMs: wait });
        }
      }
      backoff = Math.min(backoff * 2, LAST_RETRY_MS);
      await sleep(wait, undefined, { ref: false, signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    close: () => {
      stop.abort();
      return running;
    },
  };
}
