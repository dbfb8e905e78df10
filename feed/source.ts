import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { endedKeys } from '#lib/keys/ended';
import { errorFields, log } from '#lib/log';
import { CLOCK_SKEW_MS } from '#sdk/report';
import { payloadSha256 } from '#sdk/tag';

/** The newest snapshot, ready to be sent. */
export type Current = {
  seq: number;
  /** SHA-256 (hex) of the signed payload: what ETags and event ids name beside the number. */
  sha256: string;
  publishedAt: Date;
  /** The envelope as one line of JSON. */
  body: Buffer;
};

type Row = {
  head: string | null;
  newest: number | null;
  seq: number | null;
  payload: string;
  signature: string;
  key_id: string;
  published_at: Date;
};

type Listener = {
  /** Which ruleset is the newest, signed anew; told before a ruleset that comes with it. */
  onHead(head: string): void;
  onNewer(current: Current): void;
  /** Once, when the database turns out to end before what it had published; `newest` is its highest number now. */
  onRewound(newest: number): void;
  /** Hashes of keys that have just ended. */
  onKeysEnded(hashes: string[]): void;
};

const POLL_MS = 1_000;
const RETRY_MS = 500;
const QUERY_MS = 3_000;
const OFFSET_EVERY_MS = 30_000;
/** How far back it looks for keys that ended, beyond its last look: clocks differ, and transactions take their time. */
const ENDED_WITHIN_MS = 60_000;

/**
 * Learns of new rulesets and of keys that end: LISTEN for speed, a look every second in case a notice was lost. Survives any loss of
 * the database and keeps what it had. Rulesets only ever go forward.
 */
export class RulesetSource {
  current: Current | null = null;
  /** Which ruleset is the newest, as the publisher signed it last. */
  head: string | null = null;
  /** Whether the database answered lately. */
  reachable = false;
  readonly #url: string;
  /** The database has gone back behind what this feed serves: it was restored. */
  isRewound = false;
  readonly #listener: Listener;
  readonly #stop = new AbortController();
  #offsetMs = 0;
  #isClockOff = false;
  #lookedForKeysAt: number | null = null;
  /** Those the last look found. */
  #endedKeys = new Set<string>();
  #running: Promise<void> | undefined;

  constructor(url: string, listener: Listener) {
    this.#url = url;
    this.#listener = listener;
  }

  /** Now, on the database's clock. */
  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** Starts following; resolves after the first attempt, successful or not. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#running = this.#follow(resolve);
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(tried: () => void): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const client = new pg.Client({
        connectionString: this.#url,
        connectionTimeoutMillis: QUERY_MS,
        query_timeout: QUERY_MS,
        keepAlive: true,
        application_name: 'stopgap feed',
      });
      try {
        await this.#serve(client, tried);
      } catch (error) {
        if (this.reachable) log('warn', 'feed: the database is away', { error: errorFields(error).error });
      } finally {
        this.reachable = false;
        await client.end().catch(() => undefined);
      }
      tried();
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Until the connection breaks (throws) or the feed stops (returns). */
  async #serve(client: pg.Client, tried: () => void): Promise<void> {
    const { signal } = this.#stop;
    let wake = () => {};
    let lost: Error | undefined;
    client.on('error', (error) => {
      lost = error;
      wake();
    });
    client.on('end', () => {
      lost ??= new Error('The database closed the connection');
      wake();
    });
    client.on('notification', () => wake());
    signal.addEventListener('abort', () => wake(), { once: true });
    await client.connect();
    await client.query('LISTEN stopgap_ruleset; LISTEN stopgap_key');
    await this.#measureOffset(client);
    let measuredAt = performance.now();
    while (!signal.aborted) {
      if (lost) throw lost;
      // A notice that comes while the row is being read must cause another look.
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await this.#look(client);
      await this.#lookForEndedKeys(client);
      this.reachable = true;
      tried();
      if (performance.now() - measuredAt > OFFSET_EVERY_MS) {
        await this.#measureOffset(client);
        measuredAt = performance.now();
      }
      const timer = setTimeout(() => wake(), POLL_MS);
      await woken;
      clearTimeout(timer);
    }
  }

  async #look(client: pg.Client): Promise<void> {
    const known = this.current?.seq ?? 0;
    const { rows } = await client.query<Row>(
      `SELECT top.newest, h.head, r.seq, r.payload, r.signature, r.key_id, r.published_at
       FROM (SELECT max(seq) AS newest FROM ruleset) AS top
       LEFT JOIN ruleset_head h ON true
       LEFT JOIN ruleset r ON r.seq = top.newest AND r.seq > $1`,
      [known],
    );
    const row = rows[0];
    const newest = row?.newest ?? 0;
    if (newest < known && !this.isRewound) this.#listener.onRewound(newest);
    this.isRewound = newest < known;
    if (row?.head && row.head !== this.head) {
      this.head = row.head;
      this.#listener.onHead(row.head);
    }
    if (!row || row.seq === null) return;
    const envelope = { payload: row.payload, signature: row.signature, keyId: row.key_id };
    this.current = {
      seq: row.seq,
      sha256: payloadSha256(row.payload),
      publishedAt: row.published_at,
      body: Buffer.from(JSON.stringify(envelope)),
    };
    this.#listener.onNewer(this.current);
  }

  async #lookForEndedKeys(client: pg.Client): Promise<void> {
    const at = performance.now();
    const sinceLastMs = this.#lookedForKeysAt === null ? 0 : at - this.#lookedForKeysAt;
    const ended = await endedKeys(client, Math.round(ENDED_WITHIN_MS + sinceLastMs));
    this.#lookedForKeysAt = at;
    const news = ended.filter((hash) => !this.#endedKeys.has(hash));
    this.#endedKeys = new Set(ended);
    if (news.length > 0) this.#listener.onKeysEnded(news);
  }

  /** The shortest of five round trips tells best how far the two clocks are apart. */
  async #measureOffset(client: pg.Client): Promise<void> {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const before = performance.now();
      const { rows } = await client.query<{ ms: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
      );
      const took = performance.now() - before;
      const theirs = rows[0]?.ms;
      if (theirs === undefined || took >= best) continue;
      best = took;
      this.#offsetMs = theirs - (Date.now() - took / 2);
    }
    const isOff = Math.abs(this.#offsetMs) > CLOCK_SKEW_MS;
    // Heads bear the database's time: far behind, none of them is young enough for instances that start.
    if (isOff && !this.#isClockOff) {
      const databaseAheadS = Math.round(this.#offsetMs / 1_000);
      log('error', "feed: the database's clock and this machine's are apart; set them right", {
        databaseAheadS,
      });
    }
    this.#isClockOff = isOff;
  }
}
