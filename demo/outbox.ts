import { errorFields, log } from '#lib/log';

type OutboxOptions = {
  /** Where rows are POSTed as one JSON array. */
  address: string;
  apiKey: string;
  /** Rows kept while nobody takes them; beyond it the oldest goes. */
  capacity: number;
  batchSize: number;
  say: (line: string) => void;
};

export type Outbox<Row> = {
  add(row: Row): void;
  /** Sends what waits; resolves when there is nothing left or nobody takes it. */
  flush(): Promise<void>;
  waiting(): number;
};

type Answer = { created: number; duplicates: number; conflicts: number; invalid: number };

const TIMEOUT_MS = 10_000;

/**
 * Rows wait here until web has acknowledged them. Sending one twice is harmless, so whatever was not
 * acknowledged for certain is sent again.
 */
export function createOutbox<Row extends { id: string }>(options: OutboxOptions): Outbox<Row> {
  const { address, apiKey, capacity, batchSize, say } = options;
  let rows: Row[] = [];
  let away = false;
  let dropped = 0;
  let sending: Promise<void> | undefined;

  const send = async (batch: Row[]): Promise<'taken' | 'away' | 'refused'> => {
    const response = await fetch(address, {
      method: 'POST',
      headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(batch),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === 200) {
      const { conflicts, invalid } = JSON.parse(text) as Answer;
      if (conflicts + invalid > 0)
        log('warn', 'web took a batch with rows it refused', { conflicts, invalid });
      return 'taken';
    }
    log('warn', 'web did not take a batch', { status: response.status, answer: text.slice(0, 300) });
    // 400 and 413 will be the same next time; everything else may heal.
    return response.status === 400 || response.status === 413 ? 'refused' : 'away';
  };

  const drain = async () => {
    while (rows.length > 0) {
      const batch = rows.slice(0, batchSize);
      const result = await send(batch).catch((error) => {
        log('warn', 'web is away', errorFields(error));
        return 'away' as const;
      });
      if (result === 'away') {
        if (!away) say('web does not take interactions right now; they wait and will be sent again');
        away = true;
        return;
      }
      const done = new Set(batch.map((row) => row.id));
      rows = rows.filter((row) => !done.has(row.id));
      if (result === 'refused') say(`web refused ${batch.length} interactions for good; see the log`);
      if (away) say(`web takes interactions again; ${rows.length + batch.length} had waited`);
      away = false;
    }
  };

  return {
    add(row) {
      rows.push(row);
      if (rows.length <= capacity) return;
      rows.shift();
      dropped += 1;
      if (dropped === 1 || dropped % 1_000 === 0)
        say(
          `more than ${capacity} interactions wait for web; dropped ${dropped} of the oldest, none of them acknowledged`,
        );
    },
    flush() {
      sending ??= drain().finally(() => {
        sending = undefined;
      });
      return sending;
    },
    waiting: () => rows.length,
  };
}
