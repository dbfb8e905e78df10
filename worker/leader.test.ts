import pg from 'pg';
import { expect, test } from 'vitest';
import { until } from '#bin/testing/run';
import '#lib/db';
import { env } from '#lib/env';
import { sleep, whileLeading } from './leader.ts';

async function cut(lock: bigint): Promise<void> {
  const client = new pg.Client({ connectionString: env().DATABASE_URL });
  await client.connect();
  await client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = ($1::bigint & 4294967295)::oid",
    [lock.toString()],
  );
  await client.end();
}

test('one of many leads; when its connection is lost, its signal fires and leading goes on elsewhere', async () => {
  const lock = 918_273n;
  const stop = new AbortController();
  const leading = new Set<string>();
  let terms = 0;
  let most = 0;
  const lead = (name: string) =>
    whileLeading(
      lock,
      async (signal) => {
        terms += 1;
        leading.add(name);
        most = Math.max(most, leading.size);
        await sleep(60_000, signal);
        leading.delete(name);
      },
      stop.signal,
    );
  const copies = Promise.all(['one', 'two', 'three'].map(lead));
  await until(() => leading.size === 1, 'a leader');
  await cut(lock);
  await until(() => terms === 2 && leading.size === 1, 'the next leader');
  expect(most).toBe(1);
  stop.abort();
  await copies;
  expect(leading.size).toBe(0);
});
