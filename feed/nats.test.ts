import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findNatsServer } from '#bin/nats-server';
import { db } from '#lib/db';
import { setEnv } from '#lib/env';
import { publicKeyPem } from '#lib/rulesets/signing';
import type { GuardEvent } from '#sdk/events';
import { createGuard, type Guard } from '#sdk/guard';
import { claimedHead } from '#sdk/head';
import { claimedTag, connectNats, loadKv } from '#sdk/nats';
import { makeSigner, seal, until } from '#sdk/testing/feed';
import { makeSnapshot } from '#sdk/testing/rules';
import { envelopeOf, headFrom } from '../tests/heads.ts';
import { restoredTo } from '../tests/restored.ts';
import { NatsPublisher } from './nats.ts';
import { type Feed, startFeed } from './server.ts';
import { feedKey, publish } from './testing/client.ts';
import { NatsServer } from './testing/nats.ts';

const program = findNatsServer();
// `npm test` installs Debian's nats-server where it may, and says so where it may not.
const withNats = test.skipIf(program === null);

let nats: NatsServer;
let key: string;
let open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  if (program === null) return;
  nats = await new NatsServer(program).start();
  setEnv({ STOPGAP_NATS_URL: nats.url });
  key = await feedKey();
});
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  open = [];
});
afterAll(async () => {
  setEnv({ STOPGAP_NATS_URL: '' });
  await nats?.remove();
});

async function feedOn(port = 0): Promise<Feed> {
  const feed = await startFeed({ port, host: '127.0.0.1' });
  open.push(feed);
  return feed;
}
function guardOf(port: number, instanceId: string, onEvent?: (event: GuardEvent) => void): Guard {
  const guard = createGuard({
    feedUrl: `http://127.0.0.1:${port}`,
    apiKey: key,
    instanceId,
    publicKey: publicKeyPem(),
    nats: { servers: nats.url },
    ...(onEvent && { onEvent }),
  });
  open.push(guard);
  return guard;
}
const shut = async (each: { close(): Promise<void> }) => {
  open = open.filter((other) => other !== each);
  await each.close();
};

/** The bucket itself, as another client sees it. */
async function bucket() {
  const connection = await connectNats({ servers: nats.url });
  const { Kvm } = await loadKv();
  open.push({ close: () => connection.close() });
  return new Kvm(connection).create('stopgap', { history: 5 });
}
async function seqInBucket(): Promise<number> {
  const entry = await (await bucket()).get('ruleset');
  return entry ? (claimedTag(entry.string())?.seq ?? 0) : 0;
}
async function inBucket(seq: number): Promise<void> {
  await expect.poll(seqInBucket).toBeGreaterThanOrEqual(seq);
  expect(await seqInBucket()).toBe(seq);
}

withNats('with the centre and its feed cut off, instances get the newest from NATS, verified', async () => {
  const first = await publish();
  const feed = await feedOn();
  const guard = guardOf(feed.port, 'nats-1');
  await guard.start();
  expect(await guard.waitForSeq(first, 60_000)).toBe(true);
  await inBucket(first);
  await shut(feed);

  // Published on the other side of the partition: another feed reaches NATS, the instance reaches no feed.
  const elsewhere = await feedOn();
  const second = await publish();
  expect(await guard.waitForSeq(second, 60_000)).toBe(true);
  await shut(elsewhere);

  // One that starts while no feed answers at all gets the newest too.
  const newcomer = guardOf(feed.port, 'nats-2');
  await newcomer.start();
  expect(await newcomer.waitForSeq(second, 60_000)).toBe(true);
});

withNats('feed and NATS bring the same: one activation, and the report reaches the feed', async () => {
  const feed = await feedOn();
  const guard = guardOf(feed.port, 'nats-3');
  await guard.start();
  const seq = await publish();
  expect(await guard.waitForSeq(seq, 60_000)).toBe(true);
  await inBucket(seq);
  expect(guard.status()).toMatchObject({ seq, state: 'active' });
  const active = () => db.adoption.count({ where: { seq, instanceId: 'nats-3', activeAt: { not: null } } });
  await expect.poll(active).toBe(1);
});

withNats('a lower ruleset never takes the place of a higher one, whoever is slower', async () => {
  const newest = await publish();
  const feed = await feedOn();
  await inBucket(newest);
  // It would put its own back in the place of what it has not signed.
  await shut(feed);
  const signer = makeSigner();
  const body = (seq: number) => Buffer.from(seal(makeSnapshot(seq, []), signer));
  const current = (seq: number) => ({
    seq,
    sha256: claimedTag(String(body(seq)))?.sha256 ?? '',
    publishedAt: new Date(),
    body: body(seq),
  });
  const to = { servers: [nats.url], credentials: undefined };
  const late = new NatsPublisher({ ...to, publicKey: publicKeyPem() });
  late.put(current(newest - 1));
  await until('the late one has looked', () => late.seq === newest);
  expect(await seqInBucket()).toBe(newest);
  await late.close();

  // Many at once, in any order: the highest is what stays.
  const writers = Array.from({ length: 8 }, () => new NatsPublisher({ ...to, publicKey: signer.publicKey }));
  writers.forEach((writer, index) => {
    writer.put(current(newest + 1 + ((index * 5) % 8)));
  });
  await until('all have written or given way', () =>
    writers.every((writer, index) => writer.seq >= newest + 1 + ((index * 5) % 8)),
  );
  expect(await seqInBucket()).toBe(newest + 8);
  for (const writer of writers) await writer.close();
  // The next test's feed continues from its own numbers.
  await (await bucket()).purge('ruleset');
});

withNats(
  'what was forged in the bucket is refused by every instance, and an old one is not news',
  async () => {
    const feed = await feedOn();
    const seq = await publish();
    const guard = guardOf(feed.port, 'nats-4');
    await guard.start();
    expect(await guard.waitForSeq(seq, 60_000)).toBe(true);
    await inBucket(seq);
    const kv = await bucket();
    await kv.put('ruleset', seal(makeSnapshot(seq - 1, []), makeSigner()));
    await kv.put('ruleset', seal(makeSnapshot(seq + 1, []), makeSigner()));
    await until('the forged one was seen', () => guard.status().state === 'failed');
    expect(guard.status()).toMatchObject({ seq, state: 'failed' });
    expect(guard.status().reason).toContain('signature');
    // The forged number is replaced by nobody's lower one, but the feed's stream still brings the next real one.
    const next = await publish();
    expect(await guard.waitForSeq(next, 60_000)).toBe(true);
    expect(guard.status().state).toBe('active');
    await kv.purge('ruleset');
  },
);

withNats(
  'what is lost from the bucket, or forged in it, is put back, and a follower is well again',
  async () => {
    const feed = await feedOn();
    const seq = await publish();
    await inBucket(seq);
    const events: GuardEvent[] = [];
    const guard = guardOf(feed.port, 'nats-6', (event) => events.push(event));
    await guard.start();
    expect(await guard.waitForSeq(seq, 60_000)).toBe(true);
    const kv = await bucket();
    const body = Buffer.from((await kv.get('ruleset'))?.string() ?? '');
    const keeper = new NatsPublisher({
      servers: [nats.url],
      credentials: undefined,
      publicKey: publicKeyPem(),
      lookAgainMs: 200,
    });
    open.push(keeper);
    keeper.put({ seq, sha256: claimedTag(String(body))?.sha256 ?? '', publishedAt: new Date(), body });
    await until('it has looked', () => keeper.seq === seq);
    await kv.purge('ruleset');
    await inBucket(seq);
    await kv.put('ruleset', seal(makeSnapshot(seq + 1, []), makeSigner()));
    // It is put back within moments, so its state may not be seen.
    await until('the follower saw the forged one', () => events.some(({ type }) => type === 'failed'));
    await until('the follower is well again', () => guard.status().state === 'active');
    expect(guard.status().seq).toBe(seq);
  },
);

withNats(
  'while NATS is away the feed serves, and what was published meanwhile is put there afterwards',
  async () => {
    const feed = await feedOn();
    await inBucket(await publish());
    await nats.stop();
    const seq = await publish();
    const guard = createGuard({
      feedUrl: `http://127.0.0.1:${feed.port}`,
      apiKey: key,
      instanceId: 'nats-5',
    });
    open.push(guard);
    await guard.start();
    expect(await guard.waitForSeq(seq, 60_000)).toBe(true);
    await nats.start();
    await inBucket(seq);
  },
);

withNats('after a restore the bucket says what had been published, and takes what comes next', async () => {
  const kept = await publish();
  const before = await feedOn();
  for (let step = 0; step < 3; step++) await publish();
  await inBucket(kept + 3);
  const guard = guardOf(before.port, 'nats-rewound');
  await guard.start();
  expect(await guard.waitForSeq(kept + 3, 60_000)).toBe(true);
  await shut(before);
  // Away, so that only the bucket remembers; it came back with its folder before anybody reported.
  await shut(guard);
  await restoredTo(kept);
  const { port } = await feedOn();
  await expect.poll(async () => (await db.rulesetMark.findFirst())?.source).toBe('the NATS bucket');
  expect(await publish()).toBe(kept + 4);
  await inBucket(kept + 4);
  const fresh = guardOf(port, 'nats-fresh');
  await fresh.start();
  expect(await fresh.waitForSeq(kept + 4, 60_000)).toBe(true);
});

withNats('an old ruleset in the bucket is no way into an instance that starts', async () => {
  const old = await publish();
  const feed = await feedOn();
  const newest = await publish();
  await inBucket(newest);
  const kv = await bucket();
  await expect.poll(async () => claimedHead((await kv.get('head'))?.string() ?? '')?.seq).toBe(newest);
  await shut(feed);
  const replays: [head: string | null, reason: RegExp][] = [
    [null, /No signed head/],
    [await headFrom(old, 60), /more than 10 min ago/],
    [await headFrom(newest, 0), new RegExp(`${newest} was the newest`)],
  ];
  await kv.put('ruleset', await envelopeOf(old));
  for (const [head, reason] of replays) {
    if (head === null) await kv.purge('head');
    else await kv.put('head', head);
    const fresh = guardOf(feed.port, `nats-replay-${reason.source.length}`);
    void fresh.start();
    // Ruleset and head come one after the other: what it says first is that there is no head.
    await until(`it was refused: ${reason}`, () => reason.test(fresh.status().reason ?? ''));
    expect(fresh.status()).toMatchObject({ seq: 0, state: 'failed' });
    await shut(fresh);
  }
  // A feed that is back puts both right, whatever there is; who waits takes it from there.
  const waiting = guardOf(feed.port, 'nats-waiting');
  void waiting.start();
  await feedOn();
  await inBucket(newest);
  expect(await waiting.waitForSeq(newest, 60_000)).toBe(true);
});

withNats(
  'an older head never takes the place of a later one; one that is forged or from the future is replaced',
  async () => {
    const seq = await publish();
    const kv = await bucket();
    await kv.purge('head');
    const there = async () => (await kv.get('head'))?.string();
    const [older, later] = [await headFrom(seq, 3), await headFrom(seq, 1)];
    const to = { servers: [nats.url], credentials: undefined, publicKey: publicKeyPem(), lookAgainMs: 200 };
    const publishers = [new NatsPublisher(to), new NatsPublisher(to)];
    open.push(...publishers);
    publishers[0]?.putHead(later);
    await expect.poll(there).toBe(later);
    publishers[1]?.putHead(older);
    await sleep(1_000);
    expect(await there()).toBe(later);
    // Forged, or of a clock that ran ahead.
    for (const wrong of [later.replace(/.{10}==$/, 'AAAAAAAAAA=='), await headFrom(seq, -180)]) {
      await kv.put('head', wrong);
      await expect.poll(there).toBe(later);
    }
  },
);

withNats('one number with another content in the bucket, from before a restore, is replaced', async () => {
  const seq = await publish();
  const feed = await feedOn();
  await inBucket(seq);
  await shut(feed);
  const kv = await bucket();
  const body = (await kv.get('ruleset'))?.string() ?? '';
  const signer = makeSigner();
  const [older, newer] = [
    seal(makeSnapshot(seq + 50, []), signer),
    seal({ ...makeSnapshot(seq + 50, []), issuedAt: new Date().toISOString() }, signer),
  ];
  await kv.put('ruleset', older);
  const keeper = new NatsPublisher({
    servers: [nats.url],
    credentials: undefined,
    publicKey: signer.publicKey,
  });
  open.push(keeper);
  keeper.put({
    seq: seq + 50,
    sha256: claimedTag(newer)?.sha256 ?? '',
    publishedAt: new Date(),
    body: Buffer.from(newer),
  });
  await until('it has looked', () => keeper.seq === seq + 50);
  expect((await kv.get('ruleset'))?.string()).toBe(newer);
  await kv.put('ruleset', body);
});
