import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Current } from '#feed/source';
import { log } from '#lib/log';
import { createDisk } from '#sdk/disk';
import { RuleCache } from '#sdk/engine';
import type { GuardEvent } from '#sdk/events';
import { follow } from '#sdk/follow';
import { createFreshness, type Freshness } from '#sdk/freshness';
import { claimedHead, isLaterHead, openHead } from '#sdk/head';
import type { Report } from '#sdk/report';
import { openEnvelope, SnapshotError } from '#sdk/snapshot';
import { payloadSha256 } from '#sdk/tag';
import { createTrust } from '#sdk/trust';
import { readJsonFile, writeJsonFile } from './files.ts';

const HEAD_FILE = 'last-head.json';

export type Standing = Pick<
  Report,
  'activeSeq' | 'activeIssuedAt' | 'activeSha256' | 'seq' | 'state' | 'reason'
>;

type Options = {
  feedUrl: string;
  apiKey: string;
  relayId: string;
  dir: string | null;
  publicKey: string | undefined;
  onNewer: (current: Current) => void;
  /** Which ruleset is the newest, signed anew; told before a ruleset that comes with it. */
  onHead: (head: string) => void;
  onChange: () => void;
  onKeysEnded: (hashes: string[]) => void;
  /** Upstream is followed anew: what it said meanwhile was missed. */
  onConnected: () => void;
};

/**
 * Follows a feed or another relay. What is kept, in memory and on disk, are the exact bytes that were signed, and
 * only after everything an instance checks was checked here: a relay signs nothing and repairs nothing.
 */
export class Upstream {
  current: Current | null = null;
  /** The last signed head, as it came. It is passed on, never judged: how old it may be is for who enforces to say. */
  head: string | null = null;
  readonly #options: Options;
  readonly #cache = new RuleCache();
  readonly #disk: ReturnType<typeof createDisk> | undefined;
  readonly #trust: ReturnType<typeof createTrust>;
  /** For what it says of itself; what it passes on does not depend on it. */
  readonly #freshness: Freshness;
  #freshAsOf: Date | null = null;
  #following: { close(): Promise<void> } | undefined;
  #failure: { seq: number; reason: string } | undefined;
  #saving: Promise<unknown> = Promise.resolve();
  isConnected = false;

  constructor(options: Options) {
    this.#options = options;
    const { feedUrl, apiKey, publicKey, dir } = options;
    const onProblem = (message: string) => log('warn', 'relay: disk', { message });
    this.#disk = dir === null ? undefined : createDisk(dir, onProblem);
    this.#trust = createTrust({ feedUrl, apiKey, publicKey, disk: this.#disk, onEvent: this.#onEvent });
    this.#freshness = createFreshness({ keys: this.#trust.keys, mode: 'when-offered' });
  }

  /** Uses what the last run kept. */
  async restore(): Promise<void> {
    await this.#trust.restore();
    const { dir } = this.#options;
    const head = dir === null ? null : await readJsonFile(path.join(dir, HEAD_FILE));
    if (typeof head === 'string') this.#takeHead(head, false);
    const kept = await this.#disk?.loadEnvelope();
    if (kept && this.#trust.keys().length > 0) this.#take(kept, false);
  }

  /** Follows until closed. */
  start(): void {
    const { feedUrl, apiKey, relayId } = this.#options;
    this.#following = follow({
      feedUrl,
      apiKey,
      instanceId: relayId,
      known: () => this.current,
      onSnapshot: (envelope) => this.#take(envelope, true),
      onHead: (head) => this.#takeHead(head, true),
      onEvent: this.#onEvent,
      onKeysEnded: this.#options.onKeysEnded,
      prepare: this.#trust.ensure,
    });
  }

  async close(): Promise<void> {
    await this.#following?.close();
    await this.#saving;
  }

  /** What the relay says of itself; null before it has anything. */
  standing(): Standing | null {
    const { current } = this;
    const activeSeq = current?.seq ?? 0;
    // A number alone does not say which content it had.
    const content = current && {
      activeSha256: current.sha256,
      activeIssuedAt: current.publishedAt.toISOString(),
    };
    if (this.#failure) return { activeSeq, ...content, ...this.#failure, state: 'failed' };
    if (!current) return null;
    this.#freshAsOf = this.#freshness.asOf(activeSeq, current.sha256) ?? this.#freshAsOf;
    const doubt = this.#freshness.doubt(activeSeq, current.sha256, this.#freshAsOf);
    const reason = doubt && `${doubt} It is passed on as it is.`;
    return { activeSeq, ...content, seq: activeSeq, state: 'active', ...(reason && { reason }) };
  }

  /** The key that snapshots are signed with, as the feed shows it; null before one is trusted. */
  key(): { keyId: string; publicKey: string } | null {
    const key = this.#trust.keys()[0];
    if (!key) return null;
    const spki = key.export({ type: 'spki', format: 'der' });
    return {
      keyId: createHash('sha256').update(spki).digest('hex').slice(0, 16),
      publicKey: key.export({ type: 'spki', format: 'pem' }).toString(),
    };
  }

  #takeHead(text: string, isNews: boolean): void {
    if (text === this.head) return;
    const head = openHead(text, this.#trust.keys());
    if (!head) {
      log('warn', 'relay: a head that no trusted key signed is not passed on');
      return;
    }
    if (this.head !== null && !isLaterHead(head, claimedHead(this.head))) return;
    this.head = text;
    this.#freshness.take(text);
    this.#options.onHead(text);
    const { dir } = this.#options;
    if (dir === null || !isNews) return;
    this.#saving = this.#saving.then(() => writeJsonFile(path.join(dir, HEAD_FILE), text));
  }

  #take(envelope: string, isNews: boolean): void {
    try {
      const minSeq = this.current?.seq ?? 0;
      let sha256 = '';
      const snapshot = openEnvelope(envelope, this.#trust.keys(), {
        minSeq,
        cache: this.#cache,
        onPayload: (payload) => {
          sha256 = payloadSha256(payload);
        },
      });
      this.#failure = undefined;
      const before = this.current;
      const publishedAt = new Date(snapshot.issuedAt);
      if (before?.sha256 === sha256) return;
      if (before?.seq === snapshot.seq) {
        log('error', 'relay: one number came with two signed contents; the later one counts', {
          seq: minSeq,
        });
        if (publishedAt <= before.publishedAt) return;
      }
      this.#cache.retain(snapshot.rules);
      this.#freshAsOf = null;
      this.current = { seq: snapshot.seq, sha256, publishedAt, body: Buffer.from(envelope) };
      this.#options.onNewer(this.current);
      const disk = this.#disk;
      if (disk && isNews) this.#saving = this.#saving.then(() => disk.saveEnvelope(envelope));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const seq = (error instanceof SnapshotError ? error.seq : undefined) ?? this.current?.seq ?? 0;
      log('error', 'relay: a ruleset was refused and is not passed on', { seq, reason });
      if (isNews) this.#failure = { seq, reason };
    }
    this.#options.onChange();
  }

  readonly #onEvent = (event: GuardEvent): void => {
    if (event.type === 'connected') {
      this.isConnected = true;
      this.#options.onConnected();
    }
    if (event.type === 'disconnected' || event.type === 'unauthorized') {
      if (this.isConnected || event.type === 'unauthorized')
        log('warn', 'relay: upstream is away', { ...event });
      this.isConnected = false;
    }
    if (event.type === 'key_pinned')
      log('info', 'relay: trusts the key it was shown', { keyId: event.keyId });
  };
}
