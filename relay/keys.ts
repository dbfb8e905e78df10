import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError } from '#lib/errors';
import { feedAddress } from '#sdk/follow';
import { readJsonFile, writeJsonFile } from './files.ts';

const FRESH_MS = 30_000;
const REFUSED_MS = 5_000;
const LOOKUP_MS = 3_000;
/** How long a key that was good may be believed while the centre cannot be asked: as long as a ruleset is good. */
const REMEMBERED_MS = 7 * 24 * 60 * 60_000;
const KNOWN_MAX = 10_000;
const LOOKUPS_MAX = 64;

type Known = { goodAt: number; askedAt: number };

/** The scope `feed` by another name: what the centre lets see its key may follow and report. */
const PROBE = '/v1/key';

/**
 * Checks the keys of a relay's children by asking the centre with them. Remembered, also through a restart, are
 * only SHA-256 digests. While the centre is away a key that was good within seven days stays good.
 */
export class RelayKeys {
  readonly #feedUrl: string;
  readonly #file: string | null;
  readonly #freshMs: number;
  readonly #known = new Map<string, Known>();
  readonly #refused = new Map<string, { at: number; status: number }>();
  // A restarted fleet comes back with one key at once: one look-up answers all of them.
  readonly #running = new Map<string, Promise<number>>();
  /** Keys that ended so far. */
  #endings = 0;
  #saving: Promise<void> = Promise.resolve();

  constructor({
    feedUrl,
    file,
    freshMs = FRESH_MS,
  }: { feedUrl: string; file: string | null; freshMs?: number }) {
    this.#feedUrl = feedUrl;
    this.#file = file;
    this.#freshMs = freshMs;
  }

  async restore(): Promise<void> {
    const kept = this.#file === null ? null : await readJsonFile(this.#file);
    if (typeof kept !== 'object' || kept === null) return;
    for (const [digest, goodAt] of Object.entries(kept)) {
      if (typeof goodAt === 'number') this.#known.set(digest, { goodAt, askedAt: 0 });
    }
  }

  /** The key of the request, if it may follow and report. Throws `unauthenticated`, `forbidden` or `unavailable`. */
  async require(request: IncomingMessage): Promise<string> {
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new AppError('unauthenticated', 'Send an API key as `Authorization: Bearer sg_…`.');
    const status = await this.#ask(token);
    if (status === 401) {
      throw new AppError('unauthenticated', 'This API key is unknown, revoked or expired.');
    }
    if (status === 403) throw new AppError('forbidden', "This API key lacks the scope 'feed'.");
    if (status !== 200) {
      throw new AppError('unavailable', 'The relay cannot check this key right now. Try again.', {
        retryAfterSeconds: 1,
      });
    }
    return token;
  }

  /** False only for a key that the centre refused. */
  async isGood(token: string): Promise<boolean> {
    const status = await this.#ask(token);
    return status !== 401 && status !== 403;
  }

  /** Refuses these keys, named by their SHA-256, from now on. */
  end(hashes: readonly string[]): void {
    for (const hash of hashes) {
      this.#endings++;
      this.#forget(hash, 401);
    }
  }

  /** Believes no key any longer without asking: an ending may have been missed. */
  askAgain(): void {
    for (const known of this.#known.values()) known.askedAt = 0;
  }

  async close(): Promise<void> {
    await this.#saving;
  }

  /** 200, the centre's refusal, or 503 when it cannot be asked about a key that nobody knows. */
  async #ask(token: string): Promise<number> {
    const digest = createHash('sha256').update(token).digest('hex');
    const known = this.#known.get(digest);
    if (known && known.askedAt > 0 && performance.now() - known.askedAt < this.#freshMs) return 200;
    const refused = this.#refused.get(digest);
    if (refused && performance.now() - refused.at < REFUSED_MS) return refused.status;
    let running = this.#running.get(digest);
    if (!running) {
      // Made-up keys must not become a flood of questions to the centre.
      if (!known && this.#running.size >= LOOKUPS_MAX) return 503;
      running = this.#lookUp(token).finally(() => this.#running.delete(digest));
      this.#running.set(digest, running);
    }
    const endings = this.#endings;
    const status = await running;
    // Asked before it ended, answered after: the later word counts.
    if (endings !== this.#endings && this.#refused.has(digest)) return 401;
    if (status === 200) this.#remember(digest);
    else if (status === 401 || status === 403) this.#forget(digest, status);
    else if (known && Date.now() - known.goodAt < REMEMBERED_MS) {
      // Asked again after a while, not at every request: each would wait for the time-out.
      known.askedAt = performance.now();
      return 200;
    }
    return status;
  }

  async #lookUp(token: string): Promise<number> {
    try {
      const response = await fetch(feedAddress(this.#feedUrl, PROBE), {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(LOOKUP_MS),
      });
      await response.body?.cancel();
      return response.ok || response.status === 401 || response.status === 403 ? response.status : 503;
    } catch {
      return 503;
    }
  }

  #remember(digest: string): void {
    const isNew = !this.#known.has(digest);
    if (isNew && this.#known.size >= KNOWN_MAX) this.#known.clear();
    const before = this.#known.get(digest)?.goodAt ?? 0;
    const now = Date.now();
    this.#known.set(digest, { goodAt: now, askedAt: performance.now() });
    this.#refused.delete(digest);
    // A date that is an hour old is as good as a new one.
    if (now - before > 3_600_000) this.#save();
  }

  #forget(digest: string, status: number): void {
    if (this.#refused.size >= KNOWN_MAX) this.#refused.clear();
    this.#refused.set(digest, { at: performance.now(), status });
    if (this.#known.delete(digest)) this.#save();
  }

  #save(): void {
    const file = this.#file;
    if (file === null) return;
    const write = () =>
      writeJsonFile(
        file,
        Object.fromEntries([...this.#known].map(([digest, { goodAt }]) => [digest, goodAt])),
      );
    this.#saving = this.#saving.then(write, write);
  }
}
