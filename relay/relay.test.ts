import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Feed, startFeed } from '#feed/server';
import { ask, feedKey, openStream, postReport, publish, seqIn } from '#feed/testing/client';
import { db } from '#lib/db';
import { hashKey } from '#lib/keys/secret';
import { createGuard, type Guard } from '#sdk/guard';
import { makeSigner, seal, TEST_KEY, TestFeed, until } from '#sdk/testing/feed';
import { makeRule, makeSnapshot } from '#sdk/testing/rules';
import { ruleRow } from '../tests/fixtures.ts';
import { type Relay, type RelayOptions, startRelay } from './server.ts';

let dir: string;
let open: { close(): Promise<void> }[];

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-relay-'));
  open = [];
});
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  await rm(dir, { recursive: true, force: true });
});

const url = (port: number) => `http://127.0.0.1:${port}`;
async function feedOn(port = 0): Promise<Feed> {
  const feed = await startFeed({ port, host: '127.0.0.1', keyMemoryMs: 100 });
  open.push(feed);
  return feed;
}
async function relayOf(
  feedUrl: string,
  apiKey: string,
  name: string,
  more: Partial<RelayOptions> = {},
): Promise<Relay> {
  const relay = await startRelay({
    port: 0,
    host: '127.0.0.1',
    feedUrl,
    apiKey,
    relayId: name,
    dir: path.join(dir, name),
    keyMemoryMs: 100,
    ...more,
  });
  open.push(relay);
  return relay;
}
const shut = async (process: { close(): Promise<void> }) => {
  open = open.filter((each) => each !== process);
  await process.close();
};
async function eventually<T>(what: string, read: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 3_000; tries++) {
    const value = await read();
    if (good(value)) return value;
    await sleep(20);
  }
  throw new Error(`Did not happen: ${what}, but ${JSON.stringify(await read())}`);
}

test('feed, relay, relay, fifty guards: each is known at the centre, which may die and come back', async () => {
  const key = await feedKey();
  const first = await publish();
  let feed = await feedOn();
  const near = await relayOf(url(feed.port), key, 'near');
  const far = await relayOf(url(near.port), key, 'far');
  const guards: Guard[] = Array.from({ length: 50 }, (_, index) =>
    createGuard({ feedUrl: url(far.port), apiKey: key, instanceId: `leaf-${index}` }),
  );
  open.push({ close: async () => void (await Promise.all(guards.map((guard) => guard.close()))) });
  await Promise.all(guards.map((guard) => guard.start()));
  for (const guard of guards) expect(await guard.waitForSeq(first, 60_000)).toBe(true);

  const activeAt = (seq: number) =>
    db.adoption.count({ where: { seq, instanceId: { startsWith: 'leaf-' }, activeAt: { not: null } } });
  await eventually(
    'every leaf is known',
    () => activeAt(first),
    (count) => count === 50,
  );
  // Who speaks to whom is known through the whole tree.
  const via = async (id: string) => (await db.instance.findUnique({ where: { id } }))?.via;
  expect([await via('near'), await via('far'), await via('leaf-0')]).toEqual([null, 'near', 'far']);
  const relays = await db.instance.findMany({ where: { kind: 'relay' }, select: { activeSeq: true } });
  expect(relays).toEqual([{ activeSeq: first }, { activeSeq: first }]);

  // The centre dies; a newcomer with a key the relay has seen is served all the same.
  await shut(feed);
  const newcomer = createGuard({ feedUrl: url(far.port), apiKey: key, instanceId: 'leaf-new' });
  guards.push(newcomer);
  await newcomer.start();
  expect(newcomer.status().seq).toBe(first);
  expect((await ask(far.port, 'sg_never_seen', '/v1/ruleset')).status).toBe(503);

  const second = await publish();
  feed = await feedOn(feed.port);
  for (const guard of guards) expect(await guard.waitForSeq(second, 60_000)).toBe(true);
  await eventually(
    'every leaf tells of the second',
    () => activeAt(second),
    (count) => count === 51,
  );
  // What the newcomer said while the centre was away waited for it.
  await eventually(
    'the newcomer’s first ruleset',
    () => activeAt(first),
    (count) => count === 51,
  );
});

test('a restarted relay serves from disk without its centre, to the keys it knew', async () => {
  const key = await feedKey();
  const seq = await publish();
  const feed = await feedOn();
  const relay = await relayOf(url(feed.port), key, 'kept');
  await until('the relay has it', () => relay.seq() === seq);
  expect((await ask(relay.port, key, '/v1/ruleset')).status).toBe(200);
  const { publicKey } = await (await ask(feed.port, key, '/v1/key')).json();
  const bytes = await (await ask(feed.port, key, '/v1/ruleset')).text();
  await shut(relay);
  // It said goodbye: a relay that is told to stop is not missed.
  expect(await db.instance.findUnique({ where: { id: 'kept' } })).toMatchObject({
    closedAt: expect.any(Date),
  });
  await shut(feed);

  const again = await relayOf(url(feed.port), key, 'kept');
  const response = await ask(again.port, key, '/v1/ruleset');
  expect(seqIn(response.headers.get('etag'))).toBe(seq);
  // The exact bytes that were signed, and the key they were signed with.
  expect(await response.text()).toBe(bytes);
  expect(await (await ask(again.port, key, '/v1/key')).json()).toMatchObject({ publicKey });
  expect((await ask(again.port, 'sg_never_seen', '/v1/ruleset')).status).toBe(503);
  expect((await ask(again.port, key, '/readyz')).status).toBe(200);
  expect(await readFile(path.join(dir, 'kept', 'known-keys.json'), 'utf8')).not.toContain(key);
});

test('counters are with the instance or at the centre, never lost in between', async () => {
  const key = await feedKey();
  const seq = await publish();
  const feed = await feedOn();
  const relay = await relayOf(url(feed.port), key, 'counting');
  await until('the relay has it', () => relay.seq() === seq);
  const report = { instanceId: 'counter', seq, activeSeq: seq, decisions: 7 };
  expect((await postReport(relay.port, key, report)).status).toBe(200);
  expect(await db.adoption.count({ where: { seq, instanceId: 'counter', activeAt: { not: null } } })).toBe(1);
  await shut(feed);
  // Refused is "not counted": the instance keeps its counters. When it adopted is kept here.
  const refused = await postReport(relay.port, key, { ...report, instanceId: 'patient' });
  expect(refused.status).toBe(503);
  await feedOn(feed.port);
  await eventually(
    'the adoption is told',
    () => db.adoption.count({ where: { seq, instanceId: 'patient', activeAt: { not: null } } }),
    (count) => count === 1,
  );
});

test('a key revoked at the centre is refused by the relay and loses its streams', async () => {
  const key = await feedKey();
  const doomed = await feedKey();
  const other = await feedKey(['ingest']);
  await publish();
  const feed = await feedOn();
  const relay = await relayOf(url(feed.port), key, 'strict', { keepAliveMs: 200 });
  await until('the relay has it', () => relay.seq() > 0);
  const stream = await openStream(relay.port, doomed);
  const loyal = await openStream(relay.port, key);
  expect((await ask(relay.port, other, '/v1/ruleset')).status).toBe(403);
  expect((await ask(relay.port, 'sg_nobody', '/v1/ruleset')).status).toBe(401);
  expect((await fetch(`${url(relay.port)}/v1/ruleset`)).status).toBe(401);
  await db.apiKey.update({ where: { hash: hashKey(doomed) }, data: { revokedAt: new Date() } });
  await until('its stream is closed', () => stream.closed);
  expect(loyal.closed).toBe(false);
  expect((await ask(relay.port, doomed, '/v1/ruleset')).status).toBe(401);
  loyal.close();
});

test('what does not verify is not passed on, and the relay says so', async () => {
  const centre = await new TestFeed().listen();
  open.push({ close: () => centre.kill() });
  const good = makeSnapshot(5, [makeRule()]);
  centre.publish(good);
  const relay = await relayOf(centre.url, TEST_KEY, 'careful');
  await until('the good one', () => relay.seq() === 5);
  const stream = await openStream(relay.port, TEST_KEY);
  await until('served', () => stream.events.length === 1);
  centre.publish(makeSnapshot(6, [makeRule()]), makeSigner('forged'));
  centre.publishText(4, seal(makeSnapshot(4, []), centre.signer));
  centre.publish(
    makeSnapshot(7, [makeRule({ tests: { mustMatch: [{ text: 'nothing' }], mustNotMatch: [] } })]),
  );
  centre.publish(makeSnapshot(8, []));
  await until('the next good one', () => relay.seq() === 8);
  await until('served too', () => stream.events.length === 2);
  expect(stream.events.map((event) => seqIn(event.id))).toEqual([5, 8]);
  const told = () => centre.reports.map(({ state, activeSeq, kind }) => `${kind} ${state} ${activeSeq}`);
  await until('it said so', () => told().includes('relay failed 5') && told().includes('relay active 8'));
  stream.close();
});

test('samples wait for the centre, as they came', async () => {
  const key = await feedKey();
  const rule = await ruleRow({ state: 'live', stage: 'full' });
  const seq = await publish();
  const feed = await feedOn();
  const relay = await relayOf(url(feed.port), key, 'sampling');
  await until('the relay has it', () => relay.seq() === seq);
  expect((await ask(relay.port, key, '/v1/ruleset')).status).toBe(200);
  await shut(feed);
  const samples = [
    {
      id: 'one',
      at: new Date().toISOString(),
      instanceId: 'leaf',
      seq,
      rules: [{ ruleId: rule.id, ref: `R-${rule.number}` }],
      language: 'python',
      prompt: 'write',
      completion: 'evil(1)',
    },
  ];
  const send = (body: object) =>
    ask(relay.port, key, '/v1/samples', { method: 'POST', body: JSON.stringify(body) });
  expect((await send({ samples })).status).toBe(202);
  // A repeat, as after a lost answer, is one sample.
  expect((await send({ samples })).status).toBe(202);
  expect((await send({ samples: [{}] })).status).toBe(400);
  await feedOn(feed.port);
  await eventually(
    'it waits for a reviewer',
    () => db.interaction.count({ where: { completion: 'evil(1)' } }),
    (count) => count === 1,
  );
});
