import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardEvent } from './events.ts';
import type { NatsOptions } from './nats-options.ts';
import { payloadSha256 } from './tag.ts';

// NATS JetStream as a second way for rulesets to arrive: an engine that already reaches every region does the
// distribution, and goes on doing so while the centre and its feed are away. What comes is verified like anything else.

export const NATS_BUCKET = 'stopgap';
export const NATS_KEY = 'ruleset';
export const NATS_HEAD_KEY = 'head';

const RETRY_MS = 2_000;
const CONNECT_MS = 5_000;

/** Opens a connection. Rejects with a plain sentence where the packages are missing or no server answers. */
export async function connectNats({ servers, credentials }: NatsOptions) {
  const { connect, credsAuthenticator } = await load(() => import('@nats-io/transport-node'));
  const authenticator =
    credentials === undefined ? undefined : credsAuthenticator(await readFile(credentials));
  return connect({
    servers,
    timeout: CONNECT_MS,
    // Connections that were lost are made anew for ever; a first one that fails is the caller's to repeat.
    maxReconnectAttempts: -1,
    reconnectTimeWait: 1_000,
    ...(authenticator && { authenticator }),
  });
}

/** The key-value module. Rejects where the package is missing. */
export const loadKv = () => load(() => import('@nats-io/kv'));

async function load<T>(importing: () => Promise<T>): Promise<T> {
  try {
    return await importing();
  } catch {
    throw new Error('Following NATS needs the packages @nats-io/transport-node and @nats-io/kv.');
  }
}

interface FollowNatsOptions {
  nats: NatsOptions;
  /** One envelope as JSON text. Must not throw. */
  onSnapshot: (envelope: string) => void;
  /** A signed head, as it came. Must not throw. */
  onHead?: (head: string) => void;
  onEvent: (event: GuardEvent) => void;
  /** Runs before each attempt; a rejection counts as a failed one. */
  prepare?: (signal: AbortSignal) => Promise<void>;
}

/** Follows the bucket until closed: first what it holds, then every change, through every loss of connection. */
export function followNats(options: FollowNatsOptions): { close(): Promise<void> } {
  const { nats, onSnapshot, onHead, onEvent, prepare } = options;
  const stop = new AbortController();
  const { signal } = stop;

  const readOn = async () => {
    await prepare?.(signal);
    const connection = await connectNats(nats);
    const end = () => void connection.close();
    signal.addEventListener('abort', end, { once: true });
    try {
      if (signal.aborted) return;
      const { Kvm } = await loadKv();
      const bucket = await new Kvm(connection).open(nats.bucket ?? NATS_BUCKET);
      // The head first, so that the ruleset which is there is not refused for want of it. Key by key, so that a user who may
      // read nothing else will do (docs/distribution/nats.md has the permissions).
      const heads = await bucket.watch({ key: NATS_HEAD_KEY });
      const rulesets = await bucket.watch({ key: NATS_KEY });
      onEvent({ type: 'connected' });
      await Promise.race([each(heads, (head) => onHead?.(head)), each(rulesets, onSnapshot)]);
    } finally {
      signal.removeEventListener('abort', end);
      await connection.close();
    }
  };

  const run = async () => {
    while (!signal.aborted) {
      let reason = 'NATS closed the connection.';
      try {
        await readOn();
      } catch (error) {
        reason = `NATS: ${error instanceof Error ? error.message : String(error)}`;
      }
      if (signal.aborted) return;
      onEvent({ type: 'disconnected', reason, retryMs: RETRY_MS });
      await sleep(RETRY_MS, undefined, { ref: false, signal }).catch(() => undefined);
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

/** Hands over every value that is put under a key, until the connection ends. */
async function each(
  entries: AsyncIterable<{ operation: string; value: Uint8Array }>,
  take: (text: string) => void,
): Promise<void> {
  for await (const { operation, value } of entries) {
    if (operation === 'PUT') take(new TextDecoder().decode(value));
  }
}

/** What an unverified envelope claims to be, null when it is none. For choosing only: trust comes from the signature. */
export function claimedTag(envelope: string): { seq: number; sha256: string } | null {
  try {
    const { payload } = JSON.parse(envelope) as { payload: string };
    const { seq } = JSON.parse(payload) as { seq: unknown };
    return typeof seq === 'number' && Number.isSafeInteger(seq)
      ? { seq, sha256: payloadSha256(payload) }
      : null;
  } catch {
    return null;
  }
}
