import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Actor, systemActor } from '#lib/actor';
import { AppError } from '#lib/errors';
import { confirmEnforced, type Offer, recordReports } from '#lib/fleet/mutations';
import { nameRefusal } from '#lib/fleet/names';
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

/** An offer and when it was made, by this process's clock. */
type Waiting = { offer: Offer; since: number };

const FLUSH_MS = 50;
const FLUSH_AT = 500;
/** Shorter than the 5 s an instance waits for its answer. */
const ANSWER_WITHIN_MS = 3_500;
/** Batches that are written at one time. Two feeds may meet over one instance, so two lanes may as well. */
const LANES = 2;
const RETRY_MS = 250;
/** How long an offer waits for the report that answers it, so that both are one write; longer while reports are busy. */
const OFFER_WAIT_MS = 200;
const OFFER_WAIT_BUSY_MS = 1_000;
/** From the last report to the look whether all have it: time for the offers of other feeds to be written. */
const CONFIRM_MS = 300;
/** What is kept in memory while the database is away; beyond it, the oldest goes first. */
const KEPT_MAX = 10_000;

const feedActor = systemActor('feed');
const away = () =>
  new AppError('unavailable', 'The report could not be stored. Send it again; nothing of it was counted.', {
    retryAfterSeconds: 1,
  });

const keyOf = ({ seq, instanceId }: { seq: number; instanceId: string }) => `${seq} ${instanceId}`;

/**
 * Gathers reports and offers into few transactions. A report is answered only after its batch committed.
 * Nobody waits for an offer, so it goes with the report that answers it, or by itself when none comes.
 * When that takes too long the caller is told to send it again and its counters are let go (it still has them),
 * but when it adopted or refused a ruleset is kept: such facts may be written twice without harm.
 */
export class ReportBatch {
  #queue: Entry[] = [];
  /** By ruleset and instance, the oldest first. */
  readonly #offers = new Map<string, Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #confirmTimer: NodeJS.Timeout | undefined;
  #confirming: Promise<void> | undefined;
  readonly #lanes = new Set<Promise<void>>();
  /** Since the last flush that a timer began. */
  #hasFailed = false;
  #closed = false;
  #confirmedSeq = 0;
  #complained = false;
  readonly #newestSeq: () => number;
  accepted = 0;
  refused = 0;
  /** Reports under names that their key may not use. */
  foreign = 0;

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
    this.#keepOffer({ offer, since: performance.now() });
    if (!this.#timer && !this.#closed) this.#flushWithin(OFFER_WAIT_MS);
  }

  /** Writes what is there, for two seconds at most. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#confirmTimer);
    await Promise.race([this.#finish(), sleep(2_000, undefined, { ref: false })]);
    clearTimeout(this.#timer);
    for (const entry of this.#queue.splice(0)) entry.settle?.(away());
  }

  async #finish(): Promise<void> {
    // What came while the last batch was being written is not in it.
    await Promise.all(this.#lanes);
    this.#flush();
    await Promise.all(this.#lanes);
    await this.#confirming;
    if (!this.#hasFailed) await this.#confirm();
  }

  #schedule(): void {
    // While the database is away the next try is the timer's, not every caller's.
    if (this.#queue.length >= FLUSH_AT && !this.#hasFailed) this.#startLane();
    else if (this.#queue.length === 1) this.#flushWithin(FLUSH_MS);
  }

  #flushWithin(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), ms);
  }

  #flush(): void {
    this.#hasFailed = false;
    this.#startLane();
  }

  /** A second one only for a batch that is full: Postgres is busy with one while this process reads the next. */
  #startLane(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lanes.size >= (this.#queue.length >= FLUSH_AT ? LANES : 1)) return;
    const lane = this.#writeAll().finally(() => {
      this.#lanes.delete(lane);
      if (this.#lanes.size === 0 && !this.#closed) this.#scheduleNext();
    });
    this.#lanes.add(lane);
  }

  #scheduleNext(): void {
    if (this.#hasFailed) this.#flushWithin(RETRY_MS);
    else if (this.#queue.length > 0) this.#flushWithin(FLUSH_MS);
    else if (this.#offers.size > 0) this.#flushWithin(OFFER_WAIT_MS);
    this.#confirmTimer ??= setTimeout(() => {
      this.#confirmTimer = undefined;
      this.#confirming = this.#confirm();
    }, CONFIRM_MS);
  }

  async #writeAll(): Promise<void> {
    // A lane with company leaves what is no full batch to the one that ends last.
    while (!this.#hasFailed && (this.#lanes.size < 2 || this.#queue.length >= FLUSH_AT)) {
      const entries = this.#queue.splice(0, FLUSH_AT);
      const groups = [
        ...Map.groupBy(entries, ({ actor }) => (actor.kind === 'system' ? '' : actor.id)).values(),
      ];
      // Each key answers in the history for what it sent, with the offers it answers; the others are the feed's own.
      const withOffers = groups.map((group) => ({ group, offers: this.#answered(group) }));
      const due = this.#due(entries.length > 0 ? OFFER_WAIT_BUSY_MS : OFFER_WAIT_MS);
      if (entries.length + due.length === 0) return;
      const written = await Promise.all([
        this.#writeOffers(due),
        ...withOffers.map(({ group, offers }) => this.#write(group, offers)),
      ]);
      if (written.includes(false)) this.#hasFailed = true;
      else this.#complained = false;
    }
  }

  #keepOffer(waiting: Waiting): void {
    const key = keyOf(waiting.offer);
    const known = this.#offers.get(key);
    if (known && known.offer.at <= waiting.offer.at) return;
    this.#offers.set(key, waiting);
    if (this.#offers.size <= KEPT_MAX) return;
    for (const [oldest] of this.#offers) {
      this.#offers.delete(oldest);
      return;
    }
  }

  /** Takes the offers that these reports answer. */
  #answered(entries: Entry[]): Waiting[] {
    return entries.flatMap(({ report }) => this.#take(keyOf(report)));
  }

  /** Takes offers that waited for so long; when the feed stops, all. */
  #due(waitMs: number): Waiting[] {
    const before = performance.now() - (this.#closed ? 0 : waitMs);
    const due: Waiting[] = [];
    for (const [key, { since }] of this.#offers) {
      if (since > before || due.length >= FLUSH_AT) break;
      due.push(...this.#take(key));
    }
    return due;
  }

  #take(key: string): Waiting[] {
    const waiting = this.#offers.get(key);
    this.#offers.delete(key);
    return waiting ? [waiting] : [];
  }

  async #writeOffers(due: Waiting[]): Promise<boolean> {
    if (due.length === 0) return true;
    try {
      await recordReports(
        feedActor,
        [],
        due.map(({ offer }) => offer),
      );
      return true;
    } catch (error) {
      log('warn', 'feed: offers could not be stored', {
        count: due.length,
        error: errorFields(error).error,
      });
      for (const waiting of due) this.#keepOffer(waiting);
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
  async #write(entries: Entry[], answered: Waiting[]): Promise<boolean> {
    const actor = entries[0]?.actor;
    if (!actor) return true;
    try {
      const foreign = await recordReports(
        actor,
        entries,
        answered.map(({ offer }) => offer),
      );
      for (const entry of entries) {
        const why = foreign.get(entry.report.instanceId);
        if (why) this.foreign++;
        else if (entry.settle) this.accepted++;
        entry.settle?.(why && nameRefusal(why, entry.report.instanceId));
      }
      return true;
    } catch (error) {
      for (const waiting of answered) this.#keepOffer(waiting);
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
      entries[0]?.settle?.(new AppError('invalid', 'The report holds what cannot be stored.'));
      return true;
    }
    const half = Math.ceil(entries.length / 2);
    const [early, late] = [entries.slice(0, half), entries.slice(half)];
    const first = await this.#write(early, this.#answered(early));
    return (await this.#write(late, this.#answered(late))) && first;
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

  /** By itself and not between two batches: looking at the whole fleet must keep nobody waiting. */
  async #confirm(): Promise<void> {
    if (this.#queue.length > 0 && !this.#closed) return;
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
  // SQLSTATE class 21 is a row written twice, 22 bad data, 23 a broken constraint.
  return error instanceof pg.DatabaseError && /^(21|22|23)/.test(error.code ?? '');
}
