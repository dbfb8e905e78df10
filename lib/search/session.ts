import pg from 'pg';
import { env } from '#lib/env';

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

/**
 * Calls `take` with each row as it arrives, so that no more than one row of texts is held at a time. What `take`
 * throws is thrown, after the rows that are on their way.
 */
export function eachRow<Row extends unknown[]>(
  client: pg.Client,
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
