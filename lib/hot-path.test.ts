import { expect, test } from 'vitest';
import { db } from './db.ts';
import { hotTransaction } from './hot-path.ts';

const pidOf = `SELECT pg_backend_pid() AS pid, count(*) FILTER (WHERE state = 'active')::int AS busy
  FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%'
    AND pid <> pg_backend_pid()`;

test('a connection that gives no answer is given up at once, and the next transaction has another', async () => {
  let stuck = 0;
  const waits = hotTransaction(async (client) => {
    const { rows } = await client.query<{ pid: number }>(pidOf);
    stuck = rows[0]?.pid ?? 0;
    const sleeping = { text: 'SELECT pg_sleep(600)', query_timeout: 50 };
    await client.query(sleeping);
  });
  await expect(waits).rejects.toThrow('Query read timeout');
  // Nobody waited for it: it is still asleep.
  const next = await hotTransaction((client) => client.query<{ pid: number; busy: number }>(pidOf));
  expect(next.rows[0]?.busy).toBe(1);
  expect(next.rows[0]?.pid).not.toBe(stuck);
  await db.$queryRaw`SELECT pg_terminate_backend(${stuck}::int)`;
});

test('what fails is rolled back, and the connection is as good as new', async () => {
  const failing = hotTransaction(async (client) => {
    await client.query('CREATE TABLE left_behind (id int)');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  const { rows } = await hotTransaction((client) =>
    client.query<{ table: string | null }>(`SELECT to_regclass('left_behind')::text AS table`),
  );
  expect(rows[0]?.table).toBeNull();
});
