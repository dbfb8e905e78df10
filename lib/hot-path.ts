import pg from 'pg';
import { env } from './env.ts';

/** Web: three for batches, two for small posts, one to spare; reviewers use Prisma's own pool. A feed: one per key. */
const CONNECTIONS = 6;

/** What `pg` says when `query_timeout` is over. */
const NO_ANSWER = 'Query read timeout';

function connect(): pg.Pool {
  const pool = new pg.Pool({
    connectionString: env().DATABASE_URL,
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // A command that has done its work ends although connections idle.
    allowExitOnIdle: true,
    statement_timeout: 30_000,
    // Where the network swallows everything the server cannot say so.
    query_timeout: 31_000,
    // Prepared once per connection and planned without looking at the arrays: the guess of ten rows must not
    // become a nested loop over a thousand.
    options: '-c TimeZone=UTC -c plan_cache_mode=force_generic_plan -c enable_nestloop=off',
  });
  // An idle connection that breaks, as when Postgres restarts, is replaced at the next use.
  pool.on('error', () => undefined);
  return pool;
}

const shared = globalThis as { stopgapHotPath?: pg.Pool };

/**
 * One transaction on a plain connection, for verbs that carry megabytes of parameters or thousands of reports:
 * Prisma would write each of them as JSON several times over. Throws what the work throws, after rolling back.
 */
export async function hotTransaction<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  shared.stopgapHotPath ??= connect();
  const client = await shared.stopgapHotPath.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // Nothing can be said on a connection that still owes an answer.
    if (error instanceof Error && error.message === NO_ANSWER) {
      client.release(error);
      throw error;
    }
    await client.query('ROLLBACK').then(
      () => client.release(),
      (broken: Error) => client.release(broken),
    );
    throw error;
  }
}
