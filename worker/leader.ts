import pg from 'pg';
import { env } from '#lib/env';
import { errorFields, log } from '#lib/log';

const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5_000;

/** Sleeps, but wakes at once when the signal fires. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}

/**
 * Runs `work` in one process at a time among all that share the database: whoever holds the advisory lock. Its
 * signal fires when the lock is lost with its connection. Never gives up because the database is away.
 */
export async function whileLeading(
  lock: bigint,
  work: (signal: AbortSignal) => Promise<void>,
  stopped: AbortSignal,
): Promise<void> {
  let retryMs = RETRY_MS;
  while (!stopped.aborted) {
    const client = new pg.Client({
      connectionString: env().DATABASE_URL,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // A leader whose machine lost its power must not keep the lock for the two hours of a default socket.
      options: '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
    });
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    const signal = AbortSignal.any([lost.signal, stopped]);
    try {
      await client.connect();
      retryMs = RETRY_MS;
      while (!signal.aborted && !(await tryLock(client, lock))) await sleep(RETRY_MS, signal);
      if (!signal.aborted) await work(signal);
    } catch (error) {
      log('warn', 'leading was interrupted', { lock: String(lock), ...errorFields(error) });
    } finally {
      await client.end().catch(() => undefined);
    }
    if (stopped.aborted) return;
    await sleep(retryMs, stopped);
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }
}

async function tryLock(client: pg.Client, lock: bigint): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_lock($1::bigint) AS taken',
    [lock.toString()],
  );
  return rows[0]?.taken === true;
}
