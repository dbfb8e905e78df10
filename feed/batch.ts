import { setTimeout as sleep } from 'node:timers/promises';
import { type Actor, systemActor } from '#lib/actor';
import { Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { confirmEnforced, type Offer, recordReports } from '#lib/fleet/mutations';
import { errorFields, log } from '#lib/log';
import type { Report } from '#sdk/report';

type Entry = {
  actor: Actor;
  report: Report;
  at: Date;
  via: string | null;
  since: number;
  /** Null once the caller has its answer. */
  settle: ((error?: AppError) => void) | null;
};

const FLUSH_MS = 50;
const FLUSH_AT = 500;
/** Shorter than the 5 s an instance waits for its answer. */
const ANSWER_WITHIN_MS = 3_500;
const RETRY_MS = 250;
/** What is kept in memory while the database is away; beyond it, the oldest goes first. */
export const KEPT_MAX = 10_000;

const feedActor = systemActor('feed');
const away = () =>
  new AppError('unavailable', 'The report could not be stored. Send it again; nothing of it was counted.', {
    retryAfterSeconds: 1,
  });

/**
 * Gathers reports and offers into few transactions. A report is answered only after its batch committed.
 * When that takes too long the caller is told to send it again and its counters are let go (it still has them),
 * but when it adopted or refused a ruleset is kept: such facts may be written twice without harm.
 */
export class ReportBatch {
  #queue: Entry[] = [];
  #offers: Offer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #closed = false;
  #confirmedSeq = 0;
  #complained = false;
  readonly #newestSeq: () => number;
  accepted = 0;
  refused = 0;

  constructor(newestSeq: () => number) {
    this.#newestSeq = newestSeq;
  }

  /** `via` is the relay it came through. Resolves when the report is committed; throws `unavailable` when it could not be. */
  add(actor: Actor, report: Report, at: Date, via: string | null = null): Promise<void> {
    if (this.#closed || this.#queue.length >= KEPT_MAX) {
      this.refused++;
      return Promise.reject(away());
    }
    return new Promise((resolve, reject) => {
      const settle = (error?: AppError) => (error ? reject(error) : resolve());
      this.#queue.push({ actor, report, at, via, since: performance.now(), settle });
      this.#schedule();
    });
  }

  offer(offer: Offer): void {
    this.#offers.push(offer);
    if (this.#offers.length > KEPT_MAX) this.#offers.shift();
    this.#schedule();
  }

  /** Writes what is there, for two seconds at most. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.race([this.#flush(), sleep(2_000, undefined, { ref: false })]);
    clearTimeout(this.#timer);
    for (const entry of this.#queue.splice(0)) entry.settle?.(away());
  }

  #schedule(): void {
    if (this.#queue.length + this.#offers.length >= FLUSH_AT) void this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS);
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#writeAll().finally(() => {
      this.#flushing = undefined;
      const left = this.#queue.length + this.#offers.length > 0;
      if (left && !this.#closed) this.#timer ??= setTimeout(() => void this.#flush(), RETRY_MS);
    });
    return this.#flushing;
  }

  async #writeAll(): Promise<void> {
    while (this.#queue.length + this.#offers.length > 0) {
      const offers = this.#offers.splice(0, FLUSH_AT);
      const entries = this.#queue.splice(0, FLUSH_AT);
      // Each key answers in the history for what it sent; offers are the feed's own.
      const byKey = Map.groupBy(entries, ({ actor }) => (actor.kind === 'system' ? '' : actor.id));
      const written = await Promise.all([
        this.#writeOffers(offers),
        ...[...byKey.values()].map((group) => this.#write(group)),
      ]);
      if (written.includes(false)) return;
      this.#complained = false;
    }
    await this.#confirm();
  }

  async #writeOffers(offers: Offer[]): Promise<boolean> {
    if (offers.length === 0) return true;
    try {
      await recordReports(feedActor, [], offers);
      return true;
    } catch (error) {
      log('warn', 'feed: offers could not be stored', {
        count: offers.length,
        error: errorFields(error).error,
      });
      this.#offers = [...offers, ...this.#offers].slice(-KEPT_MAX);
      return false;
    }
  }

  /** Once per outage, not four times a second. */
  #complain(error: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    log('warn', 'feed: reports cannot be stored; trying on', { error: errorFields(error).error });
  }

  /** One transaction; whether the database took it. */
  async #write(entries: Entry[]): Promise<boolean> {
    const actor = entries[0]?.actor;
    if (!actor) return true;
    try {
      await recordReports(actor, entries);
      for (const entry of entries) {
        if (entry.settle) this.accepted++;
        entry.settle?.();
      }
      return true;
    } catch (error) {
      if (isRefusedData(error)) return this.#splitUp(entries, error);
      this.#complain(error);
      this.#keep(entries);
      return false;
    }
  }

  /** One report that the database will never take must not keep the others of its batch from being stored. */
  async #splitUp(entries: Entry[], error: unknown): Promise<boolean> {
    if (entries.length === 1) {
      log('error', 'feed: a report was refused by the database', errorFields(error));
      this.refused++;
      entries[0]?.settle?.(away());
      return true;
    }
    const half = Math.ceil(entries.length / 2);
    const first = await this.#write(entries.slice(0, half));
    return (await this.#write(entries.slice(half))) && first;
  }

  #keep(entries: Entry[]): void {
    for (const entry of entries) {
      if (!entry.settle || performance.now() - entry.since < ANSWER_WITHIN_MS) continue;
      this.refused++;
      entry.settle(away());
      entry.settle = null;
      const { streams: _, ...report } = entry.report;
      entry.report = { ...report, hits: [], decisions: 0, coverage: [] };
    }
    this.#queue = [...entries, ...this.#queue];
    // Only what has its answer may be dropped.
    let over = this.#queue.length - KEPT_MAX;
    this.#queue = this.#queue.filter((entry) => entry.settle !== null || over-- <= 0);
  }

  async #confirm(): Promise<void> {
    if (this.#confirmedSeq >= this.#newestSeq()) return;
    try {
      this.#confirmedSeq = await confirmEnforced(feedActor);
    } catch (error) {
      log('warn', 'feed: adoption could not be confirmed', { error: errorFields(error).error });
    }
  }
}

/** The statement itself was refused: the connection is fine and another try would fail the same way. */
function isRefusedData(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2010') return false;
  // SQLSTATE class 21 is a row written twice, 22 bad data, 23 a broken constraint.
  return /\b(21|22|23)[0-9A-Z]{3}\b/.test(`${error.message} ${JSON.stringify(error.meta ?? {})}`);
}
