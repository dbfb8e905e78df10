import type { IncomingMessage } from 'node:http';
import type { Actor } from '#lib/actor';
import { AppError } from '#lib/errors';
import { hashKey } from '#lib/keys/secret';
import { verifyKeyHash } from '#lib/keys/verify';
import { authorize, type Permission } from '#lib/permissions';

type KeyActor = Extract<Actor, { kind: 'key' }>;

const FRESH_MS = 30_000;
const LOOKUP_MS = 1_500;
const CACHE_MAX = 10_000;
/** Longer than any look-up takes. */
const ENDED_MS = 10_000;

/**
 * Checks API keys with a memory of 30 s, cut short for a key that ends. While the database is away a key that was good
 * before stays good, so that the feed goes on serving its last ruleset; a key never seen gets `unavailable`.
 */
export class KeyCheck {
  readonly #freshMs: number;
  /** By the SHA-256 (hex) of the key, which is also how relays and endings name it. */
  readonly #known = new Map<string, { actor: KeyActor; at: number }>();
  /** When a key's end was heard of: a look-up from before must not bring it back. */
  readonly #ended = new Map<string, number>();
  // A restarted fleet comes back with one key at once: one look-up answers all of them.
  readonly #running = new Map<string, Promise<KeyActor | null>>();

  constructor(freshMs = FRESH_MS) {
    this.#freshMs = freshMs;
  }

  /** The machine behind the request, if it may. Throws `unauthenticated`, `forbidden` or `unavailable`. */
  async require(
    request: IncomingMessage,
    permission: Permission,
  ): Promise<{ actor: KeyActor; token: string }> {
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new AppError('unauthenticated', 'Send an API key as `Authorization: Bearer sg_…`.');
    return { actor: await this.requireHash(hashKey(token), permission), token };
  }

  /** The machine behind the SHA-256 (hex) of a key, if it may. Throws like `require`. */
  async requireHash(hash: string, permission: Permission): Promise<KeyActor> {
    const actor = await this.#find(hash);
    if (!actor) throw new AppError('unauthenticated', 'This API key is unknown, revoked or expired.');
    authorize(actor, permission);
    return actor;
  }

  /** The machine behind the token, null when there is none. Throws `unavailable`. */
  find(token: string): Promise<KeyActor | null> {
    return this.#find(hashKey(token));
  }

  /** Refuses these keys from now on, whatever is remembered of them. */
  end(hashes: readonly string[]): void {
    const now = performance.now();
    for (const [hash, at] of this.#ended) if (now - at > ENDED_MS) this.#ended.delete(hash);
    for (const hash of hashes) {
      this.#ended.set(hash, now);
      this.#known.delete(hash);
    }
  }

  async #find(hash: string): Promise<KeyActor | null> {
    if (this.#hasEnded(hash)) return null;
    const known = this.#known.get(hash);
    if (known && performance.now() - known.at < this.#freshMs) return known.actor;
    try {
      const actor = await this.#lookUp(hash);
      this.#known.delete(hash);
      if (!actor || this.#hasEnded(hash)) return null;
      if (this.#known.size >= CACHE_MAX) this.#known.clear();
      this.#known.set(hash, { actor, at: performance.now() });
      return actor;
    } catch {
      if (known) return known.actor;
      throw new AppError('unavailable', 'The feed cannot check this key right now. Try again.', {
        retryAfterSeconds: 1,
      });
    }
  }

  // After a while the database is asked again: somebody whose access was taken may have it back.
  #hasEnded(hash: string): boolean {
    return performance.now() - (this.#ended.get(hash) ?? Number.NEGATIVE_INFINITY) <= ENDED_MS;
  }

  async #lookUp(hash: string): Promise<KeyActor | null> {
    let running = this.#running.get(hash);
    if (!running) {
      running = verifyKeyHash(hash).finally(() => this.#running.delete(hash));
      this.#running.set(hash, running);
    }
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('The key look-up took too long')), LOOKUP_MS);
    });
    return Promise.race([running, tooLong]).finally(() => clearTimeout(timer));
  }
}
