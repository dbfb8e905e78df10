import type { ServerResponse } from 'node:http';
import type { Current } from './source.ts';

type Stream = {
  instanceId: string | null;
  token: string;
  response: ServerResponse;
  /** When what has not left this process yet was written, 0 when all has. */
  undrainedSince: number;
};

const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = Buffer.from(': keep-alive\n\n');

/** The one event of a ruleset: made once, the same bytes for every socket. */
function snapshotEvent(current: Current): Buffer {
  return Buffer.concat([
    Buffer.from(`event: snapshot\nid: ${current.seq}\ndata: `),
    current.body,
    Buffer.from('\n\n'),
  ]);
}

/**
 * All open streams. None is ever owed more than one event: a client that has not taken the last one when the
 * next is due is dropped, and gets the newest when it comes back.
 */
export class Streams {
  readonly #open = new Set<Stream>();
  readonly #onOffer: (instanceId: string, seq: number) => void;
  readonly #isKeyGood: (token: string) => Promise<boolean>;
  readonly #keepAliveMs: number;
  readonly #timer: NodeJS.Timeout;
  #event: { seq: number; bytes: Buffer } | null = null;
  /** Clients dropped because they read too slowly. */
  dropped = 0;

  constructor(options: {
    onOffer: (instanceId: string, seq: number) => void;
    isKeyGood: (token: string) => Promise<boolean>;
    keepAliveMs?: number;
  }) {
    this.#onOffer = options.onOffer;
    this.#isKeyGood = options.isKeyGood;
    this.#keepAliveMs = options.keepAliveMs ?? KEEP_ALIVE_MS;
    this.#timer = setInterval(() => void this.#keepAlive(), this.#keepAliveMs);
  }

  get size(): number {
    return this.#open.size;
  }

  add(response: ServerResponse, client: { instanceId: string | null; token: string; lastSeq: number }): void {
    // It may have gone while its key was being checked; nothing would ever remove it again.
    if (response.destroyed || response.socket?.destroyed) return;
    const stream: Stream = {
      instanceId: client.instanceId,
      token: client.token,
      response,
      undrainedSince: 0,
    };
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies that buffer would turn a second into minutes.
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    this.#open.add(stream);
    response.on('close', () => this.#open.delete(stream));
    response.on('error', () => response.destroy());
    const event = this.#event;
    // A client ahead of this feed read from a faster one: an older ruleset would only look like a rollback.
    if (event && event.seq > client.lastSeq) this.#offer(stream, event);
  }

  /** Sends a newer ruleset to everybody. */
  broadcast(current: Current): void {
    const event = { seq: current.seq, bytes: snapshotEvent(current) };
    this.#event = event;
    for (const stream of this.#open) this.#offer(stream, event);
  }

  /** Tells everybody when to come back, spread over two seconds so that they do not come all at once. */
  close(): void {
    clearInterval(this.#timer);
    for (const { response } of this.#open) {
      const retryMs = 100 + Math.round(Math.random() * 1_900);
      response.end(`event: goodbye\ndata: ${JSON.stringify({ retryMs })}\n\n`);
    }
  }

  #offer(stream: Stream, event: { seq: number; bytes: Buffer }): void {
    if (this.#write(stream, event.bytes) && stream.instanceId) this.#onOffer(stream.instanceId, event.seq);
  }

  #write(stream: Stream, bytes: Buffer): boolean {
    if (stream.undrainedSince > 0) {
      this.#drop(stream);
      return false;
    }
    stream.undrainedSince = performance.now();
    stream.response.write(bytes, () => {
      stream.undrainedSince = 0;
    });
    return true;
  }

  #drop(stream: Stream): void {
    this.dropped++;
    stream.response.destroy();
  }

  /** A revoked key loses its open streams too, not only its next request. */
  async #keepAlive(): Promise<void> {
    const now = performance.now();
    for (const stream of this.#open) {
      // A large ruleset on a slow line is a sign of life itself, for a while.
      if (stream.undrainedSince === 0) this.#write(stream, KEEP_ALIVE);
      else if (now - stream.undrainedSince > 2 * this.#keepAliveMs) this.#drop(stream);
    }
    const tokens = new Set([...this.#open].map((stream) => stream.token));
    for (const token of tokens) {
      if (await this.#isKeyGood(token)) continue;
      for (const stream of this.#open) if (stream.token === token) stream.response.destroy();
    }
  }
}
