import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#lib/errors';
import { log } from '#lib/log';
import { feedAddress } from '#sdk/follow';
import { batchAnswerSchema, type Report } from '#sdk/report';

type Entry = {
  report: Report;
  /** The relay it reached first. */
  via: string;
  /** SHA-256 (hex) of the key it came with; null from a relay that does not tell. */
  keySha256: string | null;
  /** When it reached the first relay, on this process's monotonic clock. */
  arrivedAt: number;
  since: number;
  /** Null once the sender has its answer. */
  settle: ((error?: AppError) => void) | null;
};

/** How a report reached this relay: by which other one, and with whose key. */
type Came = { via?: string; keySha256?: string | null };

/** The first of a burst waits so long for the others. */
const GATHER_MS = 40;
const BATCH = 500;
const RETRY_FIRST_MS = 250;
const RETRY_LAST_MS = 5_000;
const POST_MS = 5_000;
const CLOSE_MS = 2_000;
/** Shorter than the 5 s an instance waits for its answer. */
const ANSWER_WITHIN_MS = 3_500;
const AGE_MAX_MS = 600_000;
/** What is kept while upstream is away; beyond it the oldest goes first. */
const KEPT_MAX = 20_000;

const away = () =>
  new AppError(
    'unavailable',
    'The report could not be passed on. Send it again; nothing of it was counted.',
    {
      retryAfterSeconds: 1,
    },
  );

/**
 * Passes reports on in few requests. The sender gets its answer when upstream took them, so what it counted is
 * always either with it or with the centre. When that takes too long it is told to send again and keeps its
 * counters; what is kept here is when it adopted or refused a ruleset, which may be told twice without harm.
 */
export class Forward {
  readonly #options: { feedUrl: string; apiKey: string; relayId: string };
  #queue: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #retryMs = RETRY_FIRST_MS;
  #isClosed = false;
  #complained = false;
  passed = 0;

  constructor(options: { feedUrl: string; apiKey: string; relayId: string }) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves when upstream took the report; throws `unavailable` when it did not in time. */
  add(
    report: Report,
    ageMs: number,
    { keySha256 = null, via = this.#options.relayId }: Came = {},
  ): Promise<void> {
    if (this.#isClosed || this.#queue.length >= KEPT_MAX) return Promise.reject(away());
    return new Promise((resolve, reject) => {
      const since = performance.now();
      const settle = (error?: AppError) => (error ? reject(error) : resolve());
      this.#queue.push({ report, via, keySha256, arrivedAt: since - ageMs, since, settle });
      this.#schedule(GATHER_MS);
    });
  }

  /** Passes on what is there, trying again for two seconds at most. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const isOver = sleep(CLOSE_MS, true, { ref: false });
    for (;;) {
      const isLate = await Promise.race([this.#flush(), isOver]);
      if (isLate || this.#queue.length === 0) break;
      if (await Promise.race([sleep(RETRY_FIRST_MS), isOver])) break;
    }
    for (const entry of this.#queue.splice(0)) entry.settle?.(away());
  }

  #schedule(ms: number): void {
    if (this.#running) return;
    this.#timer ??= setTimeout(() => void this.#flush(), ms);
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#sendAll().finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0 && !this.#isClosed) this.#schedule(this.#retryMs);
    });
    return this.#running;
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const entries = this.#queue.splice(0, BATCH);
      // The centre is told which relay each instance speaks to, however many lie in between.
      const groups = Map.groupBy(entries, ({ via }) => via);
      const sent = await Promise.all([...groups].map(([via, group]) => this.#send(via, group)));
      const left = sent.flat();
      if (left.length === 0) {
        this.#retryMs = RETRY_FIRST_MS;
        this.#complained = false;
        continue;
      }
      this.#keep(left);
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
      return;
    }
  }

  /** Answers what upstream could not be given; what it will never take is refused to its sender. */
  async #send(via: string, entries: Entry[]): Promise<Entry[]> {
    const now = performance.now();
    const reports = entries.map(({ report, arrivedAt, keySha256 }) => ({
      ...(keySha256 !== null && { keySha256 }),
      ageMs: Math.min(Math.max(0, Math.round(now - arrivedAt)), AGE_MAX_MS),
      report,
    }));
    const { status, again, refused } = await this.#post({ relayId: via, reports });
    if (status >= 200 && status < 300) {
      for (const [index, entry] of entries.entries()) {
        if (again.has(index)) continue;
        if (refused.has(index)) this.#refuse(entry, status);
        else {
          this.passed++;
          entry.settle?.();
        }
      }
      return entries.filter((_, index) => again.has(index));
    }
    if (status !== 400 && status !== 413) return entries;
    const [only, ...others] = entries;
    if (only && others.length === 0) {
      this.#refuse(only, status);
      return [];
    }
    const half = Math.ceil(entries.length / 2);
    const first = await this.#send(via, entries.slice(0, half));
    return [...first, ...(await this.#send(via, entries.slice(half)))];
  }

  #refuse({ report: { instanceId }, settle }: Entry, status: number): void {
    log('error', 'relay: a report was refused upstream', { instanceId, status });
    const why =
      status < 300
        ? 'its name belongs to another key, or its key has ended or speaks for as many instances as it may'
        : `HTTP ${status}`;
    settle?.(
      new AppError(
        'invalid',
        `The report of “${instanceId}” was refused upstream: ${why}. Nothing of it was counted.`,
      ),
    );
  }

  async #post(body: object): Promise<{ status: number; again: Set<number>; refused: Set<number> }> {
    const none = { again: new Set<number>(), refused: new Set<number>() };
    const { feedUrl, apiKey } = this.#options;
    try {
      const response = await fetch(feedAddress(feedUrl, '/v1/reports'), {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(POST_MS),
      });
      if (!response.ok) {
        await response.body?.cancel();
        this.#complain(`HTTP ${response.status}`);
        return { status: response.status, ...none };
      }
      // An answer in other words means what its status says: sent once more, all of it would count twice.
      const { data } = batchAnswerSchema.safeParse(await response.json().catch(() => null));
      return { status: response.status, again: new Set(data?.again), refused: new Set(data?.refused) };
    } catch (error) {
      this.#complain(error instanceof Error ? error.message : String(error));
      return { status: 0, ...none };
    }
  }

  /** Once per outage. */
  #complain(reason: string): void {
    if (this.#complained) return;
    this.#complained = true;
    log('warn', 'relay: reports cannot be passed on; trying on', { reason });
  }

  #keep(entries: Entry[]): void {
    for (const entry of entries) {
      if (!entry.settle) continue;
      const wait = ANSWER_WITHIN_MS - (performance.now() - entry.since);
      if (wait > this.#retryMs) continue;
      entry.settle(away());
      entry.settle = null;
      const { streams: _, ...report } = entry.report;
      entry.report = { ...report, hits: [], decisions: 0, coverage: [] };
    }
    const all = [...entries, ...this.#queue];
    // Of facts already told the last word of each instance and ruleset is enough.
    const facts = new Map<string, Entry>();
    const keyOf = ({ report: { instanceId, boot = '', seq } }: Entry) => `${instanceId} ${boot} ${seq}`;
    for (const entry of all) if (!entry.settle) facts.set(keyOf(entry), entry);
    const kept = all.filter((entry) => entry.settle || facts.get(keyOf(entry)) === entry);
    this.#queue = kept.slice(-KEPT_MAX);
    for (const entry of kept.slice(0, -KEPT_MAX)) entry.settle?.(away());
  }
}
