import { verify } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorFields, log } from '#lib/log';
import { isLaterHead, openHead } from '#sdk/head';
import { claimedTag, connectNats, loadKv, NATS_BUCKET, NATS_HEAD_KEY, NATS_KEY } from '#sdk/nats';
import { envelopeSchema } from '#sdk/rule';
import { parsePublicKey } from '#sdk/snapshot';
import { isNews } from '#sdk/tag';
import type { Current } from './source.ts';

type Options = {
  servers: string[];
  credentials: string | undefined;
  /** Ours. What somebody else put into the bucket is nobody's ruleset, whatever number it claims. */
  publicKey: string;
  /** The bucket holds a higher number of ours than is to be put there: the database was restored. */
  onHigher?: (seq: number) => void;
  /** `stopgap` unless given. */
  bucket?: string | undefined;
  /** How often it looks whether what it put there is still there: a bucket can be lost or purged. */
  lookAgainMs?: number;
};
type Connection = Awaited<ReturnType<typeof connectNats>>;
type Bucket = Awaited<ReturnType<InstanceType<Awaited<ReturnType<typeof loadKv>>['Kvm']>['create']>>;

const RETRY_MS = 1_000;
const LOOK_AGAIN_MS = 30_000;

/**
 * Puts every ruleset into a JetStream key-value bucket, from which instances may follow too. Any number of feeds may
 * do so at once: each write names the revision it replaces, so a lower ruleset never takes the place of a higher one.
 */
export class NatsPublisher {
  readonly #options: Options;
  readonly #stop = new AbortController();
  #wanted: Current | null = null;
  #wantedHead: string | null = null;
  #headThere: string | null = null;
  #running: Promise<void> | undefined;
  #connection: Connection | undefined;
  #bucket: Bucket | undefined;
  #complained = false;
  readonly #timer: NodeJS.Timeout;
  /** The highest ruleset known to be in the bucket. */
  seq = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#timer = setInterval(() => this.#lookAgain(), options.lookAgainMs ?? LOOK_AGAIN_MS).unref();
  }

  /** Puts the ruleset there as soon as it can; a later one takes its turn. Never throws. */
  put(current: Current): void {
    this.#wanted = current;
    this.#start();
  }

  /** Puts the signed head there, beside the ruleset, as soon as it can; a later one takes its turn. Never throws. */
  putHead(head: string): void {
    this.#wantedHead = head;
    this.#start();
  }

  #start(): void {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
  }

  // What is gone, or was put there by somebody else, is replaced by what ought to be there.
  #lookAgain(): void {
    if (this.#running) return;
    this.seq = 0;
    this.#headThere = null;
    this.#start();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#connection?.close().catch(() => undefined);
    await this.#running;
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const ruleset = this.#wanted && this.#wanted.seq > this.seq ? this.#wanted : null;
      const head = this.#wantedHead === this.#headThere ? null : this.#wantedHead;
      if (!ruleset && head === null) return;
      try {
        const bucket = await this.#open();
        if (ruleset) await this.#write(bucket, ruleset);
        if (head !== null) await this.#writeHead(bucket, head);
        this.#complained = false;
      } catch (error) {
        if (signal.aborted) return;
        if (isOvertaken(error)) continue;
        if (!this.#complained)
          log('warn', 'feed: NATS is away; trying on', { error: errorFields(error).error });
        this.#complained = true;
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #open(): Promise<Bucket> {
    if (this.#bucket && this.#connection && !this.#connection.isClosed()) return this.#bucket;
    await this.#connection?.close().catch(() => undefined);
    const { servers, credentials, bucket = NATS_BUCKET } = this.#options;
    this.#connection = await connectNats({ servers, ...(credentials !== undefined && { credentials }) });
    const { Kvm } = await loadKv();
    this.#bucket = await new Kvm(this.#connection).create(bucket, { history: 5 });
    return this.#bucket;
  }

  /** Compare and set: somebody else's write in between makes this one fail, and the loop looks again. */
  async #write(bucket: Bucket, current: Current): Promise<void> {
    const there = await bucket.get(NATS_KEY);
    const isThere = there?.operation === 'PUT';
    const found =
      isThere && isGenuine(there.string(), this.#options.publicKey) ? claimedTag(there.string()) : null;
    const seq = found?.seq ?? 0;
    const bytes = new Uint8Array(current.body);
    if (!isThere) await bucket.create(NATS_KEY, bytes);
    // One number with another content, from before a restore: what this database holds is what counts.
    else if (!found || isNews(current, found)) await bucket.update(NATS_KEY, bytes, there.revision);
    else if (seq > current.seq) this.#options.onHigher?.(seq);
    this.seq = Math.max(seq, current.seq);
  }

  /** As above: an older head never takes the place of a later one. */
  async #writeHead(bucket: Bucket, head: string): Promise<void> {
    const keys = [parsePublicKey(this.#options.publicKey)];
    const there = await bucket.get(NATS_HEAD_KEY);
    const isThere = there?.operation === 'PUT';
    const found = isThere ? openHead(there.string(), keys) : null;
    const ours = openHead(head, keys);
    const bytes = new TextEncoder().encode(head);
    if (ours && !isThere) await bucket.create(NATS_HEAD_KEY, bytes);
    else if (ours && isLaterHead(ours, found))
      await bucket.update(NATS_HEAD_KEY, bytes, there?.revision ?? 0);
    this.#headThere = head;
  }
}

/** JetStream's "wrong last sequence": somebody else wrote in between. */
function isOvertaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 10_071;
}

function isGenuine(envelope: string, publicKey: string): boolean {
  try {
    const { payload, signature } = envelopeSchema.parse(JSON.parse(envelope));
    return verify(null, Buffer.from(payload), parsePublicKey(publicKey), Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}
