import pg from 'pg';
import { env } from '#lib/env';
import { AppError } from '#lib/errors';

/**
 * A connection of one's own for work that would keep a pool waiting: it reads megabytes and holds a snapshot. A lost
 * one fails the query that runs, and nothing else.
 */
export async function openSession(url = env().DATABASE_URL): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: '-c TimeZone=UTC',
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** So many searches read at one time; the others wait their turn. */
const SEARCHES = 4;
const shared = globalThis as { stopgapSearches?: pg.Pool };

/**
 * Runs one search in a snapshot of its own. No statement of it takes longer than `statementMs`. Throws `unprocessable`
 * where one would, `unavailable` where no turn comes within ten seconds.
 */
export async function inSnapshot<T>(
  statementMs: number,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  shared.stopgapSearches ??= searchPool();
  const client = await shared.stopgapSearches.connect().catch(() => {
    throw new AppError('unavailable', BUSY, { retryAfterSeconds: 5 });
  });
  let fault: unknown = null;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET LOCAL statement_timeout = ${Number(statementMs)}`);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    fault = error;
    if (!isCancelled(error)) throw error;
    throw new AppError('unprocessable', TOO_WIDE);
  } finally {
    // A connection whose search failed is not used again.
    client.release(fault !== null);
  }
}

function searchPool(): pg.Pool {
  const pool = new pg.Pool({
    connectionString: env().DATABASE_URL,
    max: SEARCHES,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    keepAlive: true,
    options: '-c TimeZone=UTC',
  });
  // A lost idle connection fails no search.
  pool.on('error', () => undefined);
  return pool;
}

const TOO_WIDE =
  'This search reads more than fits into a few seconds. Nothing was changed. Narrow it: add after:7d, a language or a longer text.';
const BUSY = 'Other searches took every place for ten seconds. Nothing was changed. Search again.';
const isCancelled = (error: unknown) => error instanceof Error && 'code' in error && error.code === '57014';

/**
 * Calls `take` with each row as it arrives, so that no more than one row of texts is held at a time. What `take`
 * throws is thrown, after the rows that are on their way.
 */
export function eachRow<Row extends unknown[]>(
  client: pg.ClientBase,
  text: string,
  values: unknown[],
  take: (row: Row) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let fault: unknown;
    const query = new pg.Query({ text, values, rowMode: 'array' } as pg.QueryConfig);
    query.on('row', (row: unknown) => {
      if (fault !== undefined) return;
      try {
        take(row as Row);
      } catch (error) {
        fault = error ?? new Error('unknown');
      }
    });
    query.on('error', reject);
    query.on('end', () => (fault === undefined ? resolve() : reject(fault)));
    client.query(query);
  });
}
