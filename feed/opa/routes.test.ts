import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { db } from '#lib/db';
import { ruleRow } from '../../tests/fixtures.ts';
import { type Feed, startFeed } from '../server.ts';
import { ask, feedKey, publish, seqIn } from '../testing/client.ts';
import { untar, verifyBundle } from './testing/verify-bundle.ts';

let feed: Feed;
let key: string;
let seq: number;

const BUNDLE = '/bundles/stopgap.tar.gz';
const MEDIA_TYPE = 'application/vnd.openpolicyagent.bundles';

beforeAll(async () => {
  key = await feedKey();
  seq = await publish();
  feed = await startFeed({ port: 0, host: '127.0.0.1' });
});
afterAll(() => feed.close());

/** A recorded message with this feed's numbers in it. */
function fixture(name: string, values: Record<string, string> = {}): string {
  let text = readFileSync(path.join(import.meta.dirname, 'fixtures', name), 'utf8');
  for (const [from, to] of Object.entries({ ACTIVE: String(seq), ...values }))
    text = text.replaceAll(from, to);
  return text.replaceAll('"seq": 0', `"seq": ${seq}`);
}

const post = (target: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  ask(feed.port, key, target, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers });
const adoptionOf = (instanceId: string) =>
  db.adoption.findUnique({ where: { seq_instanceId: { seq, instanceId } } });
const instance = (id: string) => db.instance.findUnique({ where: { id } });

async function eventually<T>(read: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  let value = await read();
  for (let tries = 0; !good(value) && tries < 3_000; tries++) {
    await sleep(20);
    value = await read();
  }
  return value;
}

test('an OPA gets its bundle at once, held polls end with the next publish, and its ETag proves activation', async () => {
  // As OPA asks: an empty If-None-Match at first, both preferences in one header.
  const prefer = 'modes=snapshot,delta;wait=30';
  const first = await ask(feed.port, key, `${BUNDLE}?instance=opa-1&region=eu`, {
    headers: { 'if-none-match': '', prefer },
  });
  expect(first.status).toBe(200);
  expect(first.headers.get('content-type')).toBe(MEDIA_TYPE);
  expect(seqIn(first.headers.get('etag'))).toBe(seq);
  expect(untar(Buffer.from(await first.arrayBuffer())).has('.manifest')).toBe(true);

  const held = ask(feed.port, key, `${BUNDLE}?instance=opa-1&region=eu`, {
    headers: { 'if-none-match': `"${seq}"`, prefer },
  });
  // Its having activated this ruleset is known while it waits, long before any status message.
  const row = await eventually(
    () => db.adoption.findUnique({ where: { seq_instanceId: { seq, instanceId: 'opa-1' } } }),
    (found) => !!found?.activeAt,
  );
  expect(row?.activeAt).toBeInstanceOf(Date);
  expect(await instance('opa-1')).toMatchObject({
    state: 'active',
    activeSeq: seq,
    labels: { region: 'eu' },
  });
  seq = await publish();
  const news = await held;
  expect(news.status).toBe(200);
  expect(news.headers.get('content-type')).toBe(MEDIA_TYPE);
  expect(seqIn(news.headers.get('etag'))).toBe(seq);
  await news.arrayBuffer();
});

test('with nothing new a waiting poll is answered 304 with its ETag, and only after the wait', async () => {
  let answered = false;
  const waiting = ask(feed.port, key, BUNDLE, {
    headers: { 'if-none-match': `"${seq}"`, prefer: 'modes=snapshot,delta;wait=2' },
  }).then((response) => {
    answered = true;
    return response;
  });
  // Two other requests are answered meanwhile: an OPA that got its 304 at once would ask again without end.
  for (let round = 0; round < 2; round++) await ask(feed.port, key, '/healthz');
  expect(answered).toBe(false);
  const response = await waiting;
  expect(response.status).toBe(304);
  expect(seqIn(response.headers.get('etag'))).toBe(seq);
});

test('a signed bundle is verified with the key the feed shows, and is not taken for the unsigned one', async () => {
  const { keyId, publicKey, algorithm } = await (await ask(feed.port, key, '/v1/bundle-key')).json();
  expect(algorithm).toBe('RS256');
  const response = await ask(feed.port, key, `${BUNDLE}?signed=1`, {
    headers: { 'if-none-match': `"${seq}"` },
  });
  expect(response.status).toBe(200);
  expect(seqIn(response.headers.get('etag'))).toBe(seq);
  verifyBundle(untar(Buffer.from(await response.arrayBuffer())), { [keyId]: publicKey });
});

test('status: activation and failure become the state of the instance, partition or not', async () => {
  expect((await post('/status', fixture('status-activated.json'))).status).toBe(200);
  expect(await instance('opa-eu-1')).toMatchObject({
    state: 'active',
    activeSeq: seq,
    sdkVersion: '1.4.2',
    labels: { app: 'gateway' },
  });
  const newer = await publish();
  await eventually(
    async () => (await ask(feed.port, key, '/v1/ruleset')).headers.get('etag'),
    (etag) => seqIn(etag) === newer,
  );
  expect((await post('/status/eu', fixture('status-failed.json'))).status).toBe(200);
  const failed = await instance('opa-eu-2');
  expect(failed).toMatchObject({ state: 'failed', activeSeq: seq });
  expect(failed?.reason).toContain('bundle activation failed');
  expect(failed?.reason).toContain('rego_parse_error');
  const adoption = await db.adoption.findUnique({
    where: { seq_instanceId: { seq: newer, instanceId: 'opa-eu-2' } },
  });
  expect(adoption?.failedAt).toBeInstanceOf(Date);
  seq = newer;
});

test('what runs the newest and could not download since is active with a remark, fails nothing and holds nothing', async () => {
  const has = { active_revision: String(seq), code: 'bundle_error', message: 'Bundle download failed: 502' };
  const status = { labels: { id: 'x', instance: 'opa-newest', version: '1' }, bundles: { stopgap: has } };
  expect((await post('/status', JSON.stringify(status))).status).toBe(200);
  expect(await instance('opa-newest')).toMatchObject({
    state: 'active',
    activeSeq: seq,
    reason: expect.stringContaining('502'),
  });
  expect(await adoptionOf('opa-newest')).toMatchObject({ activeAt: expect.any(Date), failedAt: null });
  expect(await db.event.count({ where: { action: 'fleet.fail', subjectId: 'opa-newest' } })).toBe(0);
});

test('a poll counts for the content that its ETag names, under a number of ours too', async () => {
  const other = `"${seq}-${'f'.repeat(64)}-${'e'.repeat(64)}"`;
  const address = `${BUNDLE}?instance=opa-restored`;
  const response = await ask(feed.port, key, address, { headers: { 'if-none-match': other } });
  expect(response.status).toBe(200);
  const etag = response.headers.get('etag') ?? '';
  await response.arrayBuffer();
  expect((await adoptionOf('opa-restored'))?.activeAt ?? null).toBeNull();
  expect((await ask(feed.port, key, address, { headers: { 'if-none-match': etag } })).status).toBe(304);
  const taken = await eventually(
    () => adoptionOf('opa-restored'),
    (found) => !!found?.activeAt,
  );
  expect(taken?.activeAt).toBeInstanceOf(Date);
  expect((await instance('opa-restored'))?.activeSha256).toMatch(/^[0-9a-f]{64}$/);
});

test('decision logs with decisions from before the first bundle, which have no result, are taken', async () => {
  const early = {
    labels: { instance: 'opa-early' },
    path: 'stopgap/decision/result',
    timestamp: '2026-11-30T12:44:35.53151925Z',
  };
  const of = (result: object) => ({ ...early, result: { verdict: 'allow', seq, rules: [], ...result } });
  expect((await post('/logs', JSON.stringify([early, of({}), { ...early, result: null }]))).status).toBe(200);
  await eventually(
    () => instance('opa-early'),
    (row) => row !== null,
  );
});

test('decision logs: decisions and hits per rule, under which ruleset; the input is kept nowhere', async () => {
  const { id } = await ruleRow();
  const body = gzipSync(fixture('decision-log.json', { RULE: id }));
  expect((await post('/logs/eu', body, { 'content-encoding': 'gzip' })).status).toBe(200);
  expect(
    await db.ruleHit.findMany({
      where: { mitigationId: id },
      select: { instanceId: true, hits: true, enforced: true },
    }),
  ).toEqual([{ instanceId: 'opa-eu-1', hits: 1n, enforced: 1n }]);
  const proof = await db.adoption.findUnique({ where: { seq_instanceId: { seq, instanceId: 'opa-eu-1' } } });
  expect(proof?.activeAt).toBeInstanceOf(Date);
  const kept = JSON.stringify([await db.event.findMany(), await db.instance.findMany()], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  expect(kept).not.toContain('MUST NOT BE KEPT');
});

test('a name that Postgres cannot store breaks nothing', async () => {
  const odd = `${BUNDLE}?instance=odd%00one`;
  expect((await ask(feed.port, key, odd, { headers: { 'if-none-match': '' } })).status).toBe(200);
  expect((await ask(feed.port, key, odd, { headers: { 'if-none-match': `"${seq}"` } })).status).toBe(304);
  const row = await eventually(
    () => db.adoption.findUnique({ where: { seq_instanceId: { seq, instanceId: 'odd\uFFFDone' } } }),
    (found) => !!found?.activeAt && !!found.offeredAt,
  );
  expect(row?.offeredAt).toBeInstanceOf(Date);
});

test('what is no gzip, too large or not for this key is refused', async () => {
  expect((await post('/logs', 'plain', { 'content-encoding': 'gzip' })).status).toBe(400);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  expect((await post('/logs', bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  expect((await post('/status', '{"labels":1}')).status).toBe(400);
  const other = await feedKey(['ingest']);
  expect((await ask(feed.port, other, BUNDLE)).status).toBe(403);
  expect((await ask(feed.port, other, '/logs', { method: 'POST', body: '[]' })).status).toBe(403);
});

test('the ETag names number and content: the same number with another content, or another archive, is sent', async () => {
  const poll = (etag: string, query = '') =>
    ask(feed.port, key, `${BUNDLE}${query}`, { headers: { 'if-none-match': etag } });
  const newest = await ask(feed.port, key, BUNDLE);
  const etag = newest.headers.get('etag') ?? '';
  const bytes = Buffer.from(await newest.arrayBuffer());
  const [, number, payload, archive] = /^"(\d+)-([0-9a-f]{64})-([0-9a-f]{64})"$/.exec(etag) ?? [];
  const other = 'f'.repeat(64);
  for (const [name, header, status] of [
    ['the very same', etag, 304],
    ['weak', `W/${etag}`, 304],
    ['the number alone, as older feeds named it', `"${number}"`, 304],
    ['the number of a signed one', `"${number}s"`, 200],
    ['another content', `"${number}-${other}-${archive}"`, 200],
    ['another policy beside the same rules', `"${number}-${payload}-${other}"`, 200],
    ['an older number', `"${Number(number) - 1}-${payload}-${archive}"`, 200],
    ['nothing', '', 200],
    ['something else', '"abc"', 200],
  ] as const) {
    const response = await poll(header);
    expect(response.status, name).toBe(status);
    if (status === 200) {
      expect(response.headers.get('etag'), name).toBe(etag);
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes), name).toBe(true);
    }
  }
  expect((await poll(etag, '?signed=1')).status).toBe(200);
  // Who has another content under this number is not counted as having this one.
  await poll(`"${number}-${other}-${archive}"`, '?instance=opa-fork');
  await poll(etag, '?instance=opa-same');
  await eventually(
    () => instance('opa-same'),
    (row) => row !== null,
  );
  expect(await instance('opa-fork')).toBeNull();
});
