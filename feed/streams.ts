import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { hashKey } from '#lib/keys/secret';
import { claimedHead } from '#sdk/head';
import { isNews, type RulesetTag, tagText } from '#sdk/tag';
import type { Current } from './source.ts';

type Stream = {
  instanceId: string | null;
  token: string;
  socket: Socket;
  /** A relay, which is told what it passes on to its own children. */
  isRelay: boolean;
  /** HTTP/1.0, as some proxies ask: no chunked coding, the end of the connection is the end of the stream. */
  isPlain: boolean;
  /** When what has not left this process yet was first seen waiting, 0 when all has. */
  stalledSince: number;
};

/** The same text with and without HTTP's chunked coding. */
type Framed = { chunked: Buffer; plain: Buffer };
type Event = Framed & { seq: number; sha256: string };

const KEEP_ALIVE_MS = 15_000;
/** After a gap like this, halfway to where instances that start are refused, a head is sent to all at once. */
const LATE_HEAD_MS = 5 * 60_000;
/** Keep-alives are written to one part of the streams at a time, so that ten thousand never stall a publish. */
const PARTS = 30;

/** Made once: every socket is handed the same bytes. */
function framed(...parts: (string | Buffer)[]): Framed {
  const plain = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length = Buffer.from(`${plain.length.toString(16)}\r\n`);
  return { plain, chunked: Buffer.concat([length, plain, Buffer.from('\r\n')]) };
}

const joined = (first: Framed, second: Framed): Framed => ({
  plain: Buffer.concat([first.plain, second.plain]),
  chunked: Buffer.concat([first.chunked, second.chunked]),
});

const KEEP_ALIVE = framed(': keep-alive\n\n');
const LAST_CHUNK = '0\r\n\r\n';

/**
 * All open streams. None is ever owed more than one event: a client that has not taken the last one when the
 * next is due is dropped, and gets the newest when it comes back. Node frames and queues each write of a response
 * anew, with a callback each; here every socket is handed the same finished bytes.
 */
export class Streams {
  readonly #parts: Set<Stream>[] = Array.from({ length: PARTS }, () => new Set());
  readonly #bySocket = new Map<Socket, { stream: Stream; part: Set<Stream> }>();
  readonly #onOffers: (instanceIds: string[], seq: number) => void;
  readonly #isKeyGood: (token: string) => Promise<boolean>;
  readonly #keepAliveMs: number;
  readonly #timer: NodeJS.Timeout;
  /** One listener for all sockets; `this` is the socket. */
  readonly #onClose: (this: Socket) => void;
  readonly #tokens = new Map<string, string>();
  /** Open streams by key. */
  readonly #counts = new Map<string, number>();
  #event: Event | null = null;
  /** Says which ruleset is the newest; none before the first. */
  #head: Framed | null = null;
  /** When it was signed, as it says. */
  #headAt = 0;
  #isHeadOwed = false;
  #joined = 0;
  #turn = 0;
  /** Clients dropped because they read too slowly. */
  dropped = 0;

  constructor(options: {
    /** Streams that were just handed ruleset `seq`; called once per publish. */
    onOffers: (instanceIds: string[], seq: number) => void;
    isKeyGood: (token: string) => Promise<boolean>;
    keepAliveMs?: number;
  }) {
    this.#onOffers = options.onOffers;
    this.#isKeyGood = options.isKeyGood;
    this.#keepAliveMs = options.keepAliveMs ?? KEEP_ALIVE_MS;
    const remove = (socket: Socket) => this.#remove(socket);
    this.#onClose = function onClose() {
      remove(this);
    };
    this.#timer = setInterval(() => this.#keepAlive(), this.#keepAliveMs / PARTS);
  }

  get size(): number {
    return this.#bySocket.size;
  }

  /** Open streams with this key. */
  of(token: string): number {
    return this.#counts.get(token) ?? 0;
  }

  /** Bytes that wait in this process for clients to take them. */
  get buffered(): number {
    let bytes = 0;
    for (const socket of this.#bySocket.keys()) bytes += socket.writableLength;
    return bytes;
  }

  /** `known` is what the client has; it is sent what is news to it. */
  add(
    response: ServerResponse,
    client: { instanceId: string | null; token: string; known: RulesetTag | null; isRelay?: boolean },
  ): void {
    const { socket } = response;
    // It may have gone while its key was being checked; nothing would ever remove it again.
    if (!socket || response.destroyed || socket.destroyed) return;
    const isPlain = response.req.httpVersionMajor === 1 && response.req.httpVersionMinor === 0;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      ...(!isPlain && { 'transfer-encoding': 'chunked' }),
      // Proxies that buffer would turn a second into minutes.
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    // Nobody reads them again; kept, they are a good part of what an idle stream costs.
    response.req.headers = {};
    response.req.rawHeaders = [];
    const { instanceId, isRelay = false } = client;
    const token = this.#oneOf(client.token);
    const stream: Stream = { instanceId, token, isRelay, socket, isPlain, stalledSince: 0 };
    const part = this.#parts[this.#joined++ % PARTS] as Set<Stream>;
    part.add(stream);
    this.#bySocket.set(socket, { stream, part });
    this.#counts.set(token, this.of(token) + 1);
    socket.on('close', this.#onClose);
    const event = this.#event && isNews(this.#event, client.known) ? this.#event : null;
    const texts = [this.#head, event].filter((text) => text !== null);
    if (this.#write(stream, ...texts) && event && instanceId) this.#onOffers([instanceId], event.seq);
  }

  /** From now on each ruleset, and each keep-alive, is sent with this signed head. */
  setHead(head: string): void {
    const at = claimedHead(head)?.at.getTime() ?? 0;
    // One from the future that is replaced is as good as none.
    const isLate = Math.abs(at - this.#headAt) > LATE_HEAD_MS;
    this.#headAt = at;
    this.#head = framed(`: keep-alive\nevent: head\ndata: ${head}\n\n`);
    if (!isLate) return;
    // Instances that start may wait for it. A ruleset that came with it takes it along before.
    this.#isHeadOwed = true;
    setImmediate(() => {
      if (!this.#isHeadOwed || !this.#head) return;
      this.#isHeadOwed = false;
      for (const { stream } of this.#bySocket.values()) {
        if (stream.socket.writableLength === 0) this.#write(stream, this.#head);
      }
    });
  }

  /** Sends a newer ruleset to everybody. */
  broadcast(current: Current): void {
    const text = framed(`event: snapshot\nid: ${tagText(current)}\ndata: `, current.body, '\n\n');
    const event = { seq: current.seq, sha256: current.sha256, ...text };
    this.#event = event;
    this.#isHeadOwed = false;
    // One piece for all: most sockets take it in one write.
    const sent = this.#head ? joined(this.#head, event) : event;
    const offered: string[] = [];
    for (const { stream } of this.#bySocket.values()) {
      if (this.#write(stream, sent) && stream.instanceId) offered.push(stream.instanceId);
    }
    if (offered.length > 0) this.#onOffers(offered, event.seq);
  }

  /** Ends the streams of keys that have ended, and has every relay do the same. */
  endKeys(hashes: readonly string[]): void {
    const ended = new Set(hashes);
    const tokens = new Map<string, boolean>();
    const event = framed(`event: keys-ended\ndata: ${JSON.stringify(hashes)}\n\n`);
    for (const { stream } of this.#bySocket.values()) {
      const { token } = stream;
      const hasEnded = tokens.get(token) ?? ended.has(hashKey(token));
      tokens.set(token, hasEnded);
      if (hasEnded) stream.socket.destroy();
      // One that is dropped here, being slow, asks about every key when it comes back.
      else if (stream.isRelay) this.#write(stream, event);
    }
  }

  /** Tells everybody when to come back, spread over two seconds so that they do not come all at once. */
  close(): void {
    clearInterval(this.#timer);
    for (const { stream } of this.#bySocket.values()) {
      const retryMs = 100 + Math.round(Math.random() * 1_900);
      const goodbye = framed(`event: goodbye\ndata: ${JSON.stringify({ retryMs })}\n\n`);
      if (stream.isPlain) stream.socket.end(goodbye.plain);
      else stream.socket.end(Buffer.concat([goodbye.chunked, Buffer.from(LAST_CHUNK)]));
    }
  }

  /** The same string for every stream of one key: a piece cut from a header would keep the whole header. */
  #oneOf(token: string): string {
    if (this.#bySocket.size === 0) this.#tokens.clear();
    const known = this.#tokens.get(token);
    if (known === undefined) this.#tokens.set(token, token);
    return known ?? token;
  }

  #remove(socket: Socket): void {
    const open = this.#bySocket.get(socket);
    if (open) {
      open.part.delete(open.stream);
      const { token } = open.stream;
      if (this.of(token) > 1) this.#counts.set(token, this.of(token) - 1);
      else this.#counts.delete(token);
    }
    this.#bySocket.delete(socket);
  }

  #write(stream: Stream, ...texts: Framed[]): boolean {
    const { socket } = stream;
    if (socket.writableLength > 0) {
      this.#drop(stream);
      return false;
    }
    if (socket.destroyed || socket.writableEnded) return false;
    if (texts.length > 1) socket.cork();
    for (const text of texts) socket.write(stream.isPlain ? text.plain : text.chunked);
    if (texts.length > 1) socket.uncork();
    stream.stalledSince = socket.writableLength > 0 ? performance.now() : 0;
    return true;
  }

  #drop(stream: Stream): void {
    this.dropped++;
    stream.socket.destroy();
  }

  #keepAlive(): void {
    const now = performance.now();
    for (const stream of this.#parts[this.#turn] ?? []) {
      if (stream.socket.writableLength === 0) this.#write(stream, this.#head ?? KEEP_ALIVE);
      // A large ruleset on a slow line is a sign of life itself, for a while.
      else if (now - stream.stalledSince > 2 * this.#keepAliveMs) this.#drop(stream);
    }
    this.#turn = (this.#turn + 1) % PARTS;
    if (this.#turn === 0) void this.checkKeys();
  }

  /** A revoked key loses its open streams too, not only its next request. */
  async checkKeys(): Promise<void> {
    const tokens = new Set<string>();
    for (const { stream } of this.#bySocket.values()) tokens.add(stream.token);
    for (const token of tokens) {
      if (await this.#isKeyGood(token)) continue;
      for (const { stream } of this.#bySocket.values()) if (stream.token === token) stream.socket.destroy();
    }
  }
}
