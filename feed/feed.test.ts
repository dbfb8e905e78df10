import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { db } from '#lib/db';
import { hashKey } from '#lib/keys/secret';
import { createGuard } from '#sdk/guard';
import { openEnvelope } from '#sdk/snapshot';
import { until } from '#sdk/testing/feed';
import { type Feed, startFeed } from './server.ts';
import { ask, feedKey, openStream, postReport, publish, seqIn } from './testing/client.ts';

let feed: Feed;
let key: string;

beforeAll(async () => {
  key = await feedKey();
  feed = await startFeed({ port: 0, host: '127.0.0.1', keepAliveMs: 300 });
});
afterAll(() => feed.close());

test('before the first publish it is alive, not ready, and says so', async () => {
  expect((await ask(feed.port, key, '/healthz')).status).toBe(200);
  expect((await ask(feed.port, key, '/readyz')).status).toBe(503);
  const response = await ask(feed.port, key, '/v1/ruleset');
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: 'unavailable' } });
});

test('a stream gets the newest ruleset at once and every later one, each signed', async () => {
  const first = await publish();
  const stream = await openStream(feed.port, key);
  await until('first snapshot', () => stream.events.length === 1);
  expect(stream.events[0]?.event).toBe('snapshot');
  expect(seqIn(stream.events[0]?.id)).toBe(first);
  const { publicKey } = await (await ask(feed.port, key, '/v1/key')).json();
  expect(openEnvelope(stream.events[0]?.data ?? '', [publicKey], {}).seq).toBe(first);

  const second = await publish();
  await until('second snapshot', () => stream.events.length === 2);
  expect(seqIn(stream.events[1]?.id)).toBe(second);
  expect((await ask(feed.port, key, '/readyz')).status).toBe(200);
  stream.close();
});

test('Last-Event-ID equal to the newest sends nothing until there is a newer one', async () => {
  const newest = await publish();
  const behind = await openStream(feed.port, key, { lastEventId: newest - 1 });
  await until('the one behind is served', () => behind.events.length === 1);
  const even = await openStream(feed.port, key, { lastEventId: newest });
  await sleep(400);
  expect(even.events).toEqual([]);
  const next = await publish();
  await until('the next one', () => even.events.length === 1);
  expect(seqIn(even.events[0]?.id)).toBe(next);
  behind.close();
  even.close();
});

test('Last-Event-ID and If-None-Match name the content too: the same number with another one is sent', async () => {
  const newest = await publish();
  const probe = await openStream(feed.port, key);
  await until('the newest', () => seqIn(probe.events.at(-1)?.id) === newest);
  const id = probe.events.at(-1)?.id ?? '';
  probe.close();
  expect(id).toMatch(new RegExp(`^${newest}-[0-9a-f]{64}$`));
  const fork = `${newest}-${'f'.repeat(64)}`;
  const [same, other] = [
    await openStream(feed.port, key, { lastEventId: id }),
    await openStream(feed.port, key, { lastEventId: fork }),
  ];
  await until('the other content is replaced', () => other.events.length === 1);
  expect(other.events[0]?.id).toBe(id);
  expect(same.events).toEqual([]);
  same.close();
  other.close();
  const poll = (tag: string) =>
    ask(feed.port, key, '/v1/ruleset', { headers: { 'if-none-match': `"${tag}"` } }).then(
      ({ status }) => status,
    );
  expect(await Promise.all([id, String(newest), fork, `${newest - 1}`].map(poll))).toEqual([
    304, 304, 200, 200,
  ]);
});

test('GET /v1/ruleset: ETag, 304, and a wait that ends with the next publish', async () => {
  const newest = await publish();
  let etag = '';
  await expect
    .poll(async () => {
      const response = await ask(feed.port, key, '/v1/ruleset');
      etag = response.headers.get('etag') ?? '';
      await response.text();
      return seqIn(etag);
    })
    .toBe(newest);
  const same = await ask(feed.port, key, '/v1/ruleset', { headers: { 'if-none-match': etag } });
  expect(same.status).toBe(304);
  expect(same.headers.get('etag')).toBe(etag);

  const patient = ask(feed.port, key, '/v1/ruleset', {
    headers: { 'if-none-match': etag, prefer: 'wait=30' },
  });
  await sleep(300);
  const next = await publish();
  const news = await patient;
  expect(news.status).toBe(200);
  expect(seqIn(news.headers.get('etag'))).toBe(next);

  const empty = await ask(feed.port, key, '/v1/ruleset', {
    headers: { 'if-none-match': `"${next}"`, prefer: 'modes=snapshot,delta;wait=1' },
  });
  expect(empty.status).toBe(304);
});

test('a key without the scope is forbidden, an unknown one unauthenticated', async () => {
  const other = await feedKey(['ingest', 'export']);
  for (const path of ['/v1/ruleset', '/v1/stream', '/v1/key']) {
    const response = await ask(feed.port, other, path);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'forbidden' } });
  }
  expect((await postReport(feed.port, other, {})).status).toBe(403);
  expect((await ask(feed.port, 'sg_nobody', '/v1/ruleset')).status).toBe(401);
  expect((await fetch(`http://127.0.0.1:${feed.port}/v1/ruleset`)).status).toBe(401);
  expect((await ask(feed.port, key, '/v1/nothing')).status).toBe(404);
});

test('a revoked key loses its open stream too', async () => {
  const careful = await startFeed({ port: 0, host: '127.0.0.1', keepAliveMs: 100, keyMemoryMs: 100 });
  const doomed = await feedKey();
  const stream = await openStream(careful.port, doomed);
  const other = await openStream(careful.port, key);
  await db.apiKey.update({ where: { hash: hashKey(doomed) }, data: { revokedAt: new Date() } });
  await until('the stream of the revoked key is closed', () => stream.closed);
  expect(other.closed).toBe(false);
  expect((await ask(careful.port, doomed, '/v1/ruleset')).status).toBe(401);
  other.close();
  await careful.close();
});

test('a port in use is an error, not a hanging process', async () => {
  await expect(startFeed({ port: feed.port, host: '127.0.0.1' })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test('a path that is no address is refused and stops nothing', async () => {
  const socket = connect(feed.port, '127.0.0.1');
  socket.write('GET // HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  await until('an answer', () => answer.includes('"code"'));
  expect(answer).toMatch(/^HTTP\/1\.1 400/);
  expect((await ask(feed.port, key, '/healthz')).status).toBe(200);
});

test('keep-alive comments flow on a quiet stream', async () => {
  const stream = await openStream(feed.port, key);
  let text = '';
  stream.response.on('data', (chunk: string) => {
    text += chunk;
  });
  await until('two comments', () => text.split(': keep-alive').length > 2);
  stream.close();
});

test('a planned stop says goodbye with a time to come back, and frees who waits', async () => {
  const stopping = await startFeed({ port: 0, host: '127.0.0.1' });
  const stream = await openStream(stopping.port, key);
  await until('snapshot', () => stream.events.length === 1);
  const newest = stream.events[0]?.id;
  const waiting = ask(stopping.port, key, '/v1/ruleset', {
    headers: { 'if-none-match': `"${newest}"`, prefer: 'wait=30' },
  });
  // It was sent first, and so read first.
  await ask(stopping.port, key, '/readyz');
  await stopping.close();
  await until('goodbye', () => stream.events.length === 2 && stream.closed);
  expect(stream.events[1]?.event).toBe('goodbye');
  expect(JSON.parse(stream.events[1]?.data ?? '{}').retryMs).toBeGreaterThanOrEqual(100);
  expect((await waiting).status).toBe(304);
  await expect(fetch(`http://127.0.0.1:${stopping.port}/healthz`)).rejects.toThrow();
});

test('two feeds side by side serve the same ruleset', async () => {
  const other = await startFeed({ port: 0, host: '127.0.0.1' });
  const streams = [await openStream(feed.port, key), await openStream(other.port, key)];
  const seq = await publish();
  await until('both have it', () => streams.every((stream) => seqIn(stream.events.at(-1)?.id) === seq));
  expect(streams[0]?.events.at(-1)?.data).toBe(streams[1]?.events.at(-1)?.data);
  for (const stream of streams) stream.close();
  await other.close();
});

test('the SDK activates a publish and its adoption is measured', async () => {
  const guard = createGuard({ feedUrl: `http://127.0.0.1:${feed.port}`, apiKey: key, instanceId: 'sdk-1' });
  await guard.start();
  const seq = await publish();
  expect(await guard.waitForSeq(seq, 60_000)).toBe(true);
  const row = () => db.adoption.findUnique({ where: { seq_instanceId: { seq, instanceId: 'sdk-1' } } });
  await expect.poll(async () => (await row())?.activeAt).toBeInstanceOf(Date);
  const adoption = await row();
  expect(adoption?.offeredAt).toBeInstanceOf(Date);
  expect(adoption?.activeAt?.getTime()).toBeGreaterThanOrEqual((adoption?.offeredAt?.getTime() ?? 0) - 5);
  await guard.close();
});

// Last: its rulesets are 8 MiB of nothing, which no instance would load.
test('a client that does not read is dropped, and the others are served', async () => {
  const patient = await startFeed({ port: 0, host: '127.0.0.1' });
  const stalled = connect(patient.port, '127.0.0.1');
  stalled.write(`GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`);
  // The first bytes of the answer, then not one more.
  await new Promise((resolve) => stalled.once('readable', resolve));
  let dropped = false;
  stalled.on('error', () => undefined);
  stalled.on('close', () => {
    dropped = true;
  });
  const healthy = await openStream(patient.port, key);
  const { _max } = await db.ruleset.aggregate({ _max: { seq: true } });
  for (let round = 1; round <= 4; round++) {
    const seq = (_max.seq ?? 0) + round;
    const payload = 'x'.repeat(8 * 1024 * 1024);
    await db.ruleset.create({
      data: { seq, payload, signature: '', keyId: '', rules: 0, cause: 'test', expiresAt: new Date() },
    });
    await until(`round ${round}`, () => seqIn(healthy.events.at(-1)?.id) === seq);
  }
  const metrics = await (await ask(patient.port, key, '/metrics')).text();
  expect(metrics).toMatch(/stopgap_feed_streams_dropped_total 1\b/);
  expect(metrics).toMatch(/stopgap_feed_publish_to_offered_seconds_count [1-9]/);
  expect(healthy.closed).toBe(false);
  stalled.resume();
  await until('the stalled socket is closed', () => dropped);
  healthy.close();
  await patient.close();
});
