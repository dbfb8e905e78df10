import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { listInstances } from '#lib/fleet/queries';
import { signHead } from '#lib/rulesets/head';
import { publishSnapshot } from '#lib/rulesets/publish';
import { publicKeyPem } from '#lib/rulesets/signing';
import { type Relay, startRelay } from '#relay/server';
import type { GuardEvent } from '#sdk/events';
import { createGuard, type Guard, type GuardOptions } from '#sdk/guard';
import { openHead } from '#sdk/head';
import { parsePublicKey } from '#sdk/snapshot';
import { until } from '#sdk/testing/feed';
import { person, ruleRow } from '../tests/fixtures.ts';
import { ageHead, envelopeOf, headFrom, signedHead } from '../tests/heads.ts';
import { restoredTo } from '../tests/restored.ts';
import { type Feed, startFeed } from './server.ts';
import { keepHeadSigned } from './standby.ts';
import { ask, feedKey, openStream } from './testing/client.ts';
import { sent, startMiddlebox } from './testing/middlebox.ts';

// A genuine old ruleset, sent again by whoever stands between: a cache, a relay that was forgotten, an attacker.

let dir: string;
let key: string;
let open: { close(): Promise<void> }[];
let withdrawn: number;
let newest: number;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-replay-'));
  key = await feedKey();
  open = [];
  await db.mitigation.updateMany({ data: { state: 'withdrawn' } });
  // A rule that was taken back since: nobody may be made to enforce it again.
  await publishRule('withdrawn_rule');
  withdrawn = (await db.ruleset.findFirstOrThrow({ orderBy: { seq: 'desc' } })).seq;
  await db.mitigation.updateMany({ data: { state: 'withdrawn' } });
  newest = await publishRule('rule_of_today');
});
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  await rm(dir, { recursive: true, force: true });
});

const opened = <T extends { close(): Promise<void> }>(each: T): T => {
  open.push(each);
  return each;
};
const shut = async (each: { close(): Promise<void> }) => {
  open = open.filter((other) => other !== each);
  await each.close();
};
const url = (port: number) => `http://127.0.0.1:${port}`;
const feedOn = async (port = 0): Promise<Feed> => opened(await startFeed({ port, host: '127.0.0.1' }));
const relayOf = async (feedUrl: string, keepsIn: string | null = null): Promise<Relay> =>
  opened(
    await startRelay({
      port: 0,
      host: '127.0.0.1',
      feedUrl,
      apiKey: key,
      relayId: 'relay-1',
      publicKey: publicKeyPem(),
      dir: keepsIn,
      keepAliveMs: 300,
    }),
  );

async function publishRule(text: string): Promise<number> {
  const row = await ruleRow({
    state: 'live',
    matcher: { kind: 'literal', text },
    tests: { mustMatch: [{ text }], mustNotMatch: [] },
  });
  return db.$transaction((tx) => publishSnapshot(tx, `publish R-${row.number}`));
}

/** Started with no ruleset of its own; resolves when it has one, or has said why not. */
async function newcomer(feedUrl: string, more: Partial<GuardOptions> = {}): Promise<Guard> {
  const guard = opened(
    createGuard({
      feedUrl,
      apiKey: key,
      instanceId: 'newcomer',
      publicKey: publicKeyPem(),
      onEvent: () => undefined,
      ...more,
    }),
  );
  void guard.start();
  await until('it has something to say', () => guard.status().state !== 'starting');
  return guard;
}
const verdict = (guard: Guard, completion: string) => guard.decide({ completion }).verdict;

describe('a replay at an instance that starts', () => {
  test.each([
    ['alone', async () => null, /No signed head/],
    ['with its own head of then', () => headFrom(withdrawn, 60), /more than 10 min ago/],
    ['with the head of now', () => headFrom(newest, 0), /was the newest at/],
    [
      'with a head of now for its number and another content',
      async () => signedHead({ seq: withdrawn, sha256: 'a'.repeat(64), at: new Date() }),
      /another content/,
    ],
  ])('%s is refused, the fleet page says why, and the real feed is taken', async (_, head, reason) => {
    const feed = await feedOn();
    const box = opened(await startMiddlebox(feed.port));
    box.replay(sent({ head: await head(), envelope: await envelopeOf(withdrawn) }));
    const guard = await newcomer(box.url);
    expect(guard.status()).toMatchObject({ seq: 0, state: 'failed', reason: expect.stringMatching(reason) });
    expect(verdict(guard, 'withdrawn_rule')).toBe('allow');
    const admin = await person('admin');
    const shown = async () => (await listInstances(admin)).items.find(({ id }) => id === 'newcomer');
    await expect.poll(async () => (await shown())?.state).toBe('failed');
    expect((await shown())?.reason).toMatch(reason);
    // No rollout waits for it (lib/fleet/members.ts).
    expect(await db.instance.findUnique({ where: { id: 'newcomer' } })).toMatchObject({
      failure: 'freshness',
      activeSeq: 0,
    });
    // What the feed itself sends, on the same stream.
    box.replay(sent({ head: await headFrom(newest, 0), envelope: await envelopeOf(newest) }));
    expect(await guard.waitForSeq(newest, 60_000)).toBe(true);
    expect([verdict(guard, 'withdrawn_rule'), verdict(guard, 'rule_of_today')]).toEqual(['allow', 'block']);
  });

  test('comes through a relay too, which passes head and ruleset on as they are', async () => {
    const feed = await feedOn();
    const box = opened(await startMiddlebox(feed.port));
    box.replay(sent({ head: await headFrom(withdrawn, 60), envelope: await envelopeOf(withdrawn) }));
    const relay = await relayOf(box.url);
    await until('the relay was taken in', () => relay.seq() === withdrawn);
    const guard = await newcomer(url(relay.port));
    expect(guard.status()).toMatchObject({ seq: 0, reason: expect.stringMatching(/more than 10 min ago/) });
    box.replay(sent({ head: await headFrom(newest, 0), envelope: await envelopeOf(newest) }));
    expect(await guard.waitForSeq(newest, 60_000)).toBe(true);
  });
});

describe('a relay that is cut off', () => {
  test('serves newcomers while its head is young, also after a restart of its own', async () => {
    const feed = await feedOn();
    const first = await relayOf(url(feed.port), dir);
    await newcomer(url(first.port));
    await until('the relay has it', () => first.seq() === newest);
    await shut(feed);
    await shut(first);
    const again = await relayOf(url(feed.port), dir);
    const guard = await newcomer(url(again.port), { instanceId: 'later' });
    expect(guard.status()).toMatchObject({ seq: newest, state: 'active' });
    expect(guard.status().freshAsOf).not.toBeNull();
  });

  test('for longer: who is there goes on, who starts says why not, or takes it where somebody decided that', async () => {
    const feed = await feedOn();
    const box = opened(await startMiddlebox(feed.port));
    box.replay(sent({ head: await headFrom(newest, 45), envelope: await envelopeOf(newest) }));
    const relay = await relayOf(box.url, dir);
    await until('the relay has it', () => relay.seq() === newest);
    const kept = await newcomer(url(relay.port), { instanceId: 'kept', dir, headMaxAgeMs: 3_600_000 });
    expect(kept.status()).toMatchObject({ seq: newest, state: 'active' });
    await shut(kept);
    // It has been cut off for three quarters of an hour.
    await shut(box);
    const allowed = await newcomer(url(relay.port), { instanceId: 'allowed', headMaxAgeMs: 3_600_000 });
    expect(allowed.status()).toMatchObject({ seq: newest, state: 'active' });
    const back = await newcomer(url(relay.port), { instanceId: 'kept', dir });
    expect(back.status()).toMatchObject({ seq: newest, state: 'active' });
    await until('it says so', () => back.status().reason?.includes('last known to be the newest') === true);
    expect(verdict(back, 'rule_of_today')).toBe('block');
    const refused = await newcomer(url(relay.port), { instanceId: 'bare' });
    expect(refused.status()).toMatchObject({ seq: 0, state: 'failed' });
    expect(refused.status().reason).toContain('the publisher cannot be reached from here');
  });
});

describe('a relay that hears heads and no rulesets', () => {
  test('passes both on; who is behind it learns that it is behind, goes on, and nobody new takes the old one', async () => {
    const feed = await feedOn();
    const box = opened(await startMiddlebox(feed.port));
    box.replay(sent({ head: await headFrom(newest, 2), envelope: await envelopeOf(newest) }));
    const relay = await relayOf(box.url);
    const events: GuardEvent[] = [];
    const running = await newcomer(url(relay.port), {
      instanceId: 'behind',
      onEvent: (event) => events.push(event),
    });
    expect(await running.waitForSeq(newest, 60_000)).toBe(true);
    const freshAsOf = running.status().freshAsOf;
    const next = await publishRule('published_after');
    box.replay(sent({ head: await headFrom(next, 0) }));
    await until('it learns so', () => events.some(({ type }) => type === 'unconfirmed'));
    expect(running.status()).toMatchObject({ seq: newest, state: 'active', freshAsOf });
    expect(running.status().reason).toMatch(
      new RegExp(`^Ruleset ${newest} was last known .*; ${next} was at `),
    );
    expect(verdict(running, 'rule_of_today')).toBe('block');
    const admin = await person('admin');
    const shown = async (id: string) => (await listInstances(admin)).items.find((each) => each.id === id);
    await expect.poll(async () => (await shown('behind'))?.reason).toContain(`${next} was`);
    expect(await shown('behind')).toMatchObject({ state: 'lagging' });
    await expect.poll(async () => (await shown('relay-1'))?.reason).toContain(`${next} was`);
    const fresh = await newcomer(url(relay.port), { instanceId: 'fresh' });
    expect(fresh.status()).toMatchObject({ seq: 0, reason: expect.stringContaining(`Ruleset ${next} was`) });
    box.replay(sent({ head: await headFrom(next, 0), envelope: await envelopeOf(next) }));
    for (const guard of [running, fresh]) expect(await guard.waitForSeq(next, 60_000)).toBe(true);
    expect(running.status().reason).toBeUndefined();
  });
});

describe('who signs', () => {
  test('a feed, where no worker has for a while', async () => {
    await ageHead(60);
    const feed = await feedOn();
    const guard = await newcomer(url(feed.port));
    expect(await guard.waitForSeq(newest, 60_000)).toBe(true);
    const { at, seq } = await db.rulesetHead.findFirstOrThrow();
    expect(seq).toBe(newest);
    expect(Date.now() - at.getTime()).toBeLessThan(60_000);
  });

  test('a feed that goes on, too: who was refused meanwhile is served on the same stream', async () => {
    const feed = await feedOn();
    let aged = '';
    const isServed = async () => {
      // The feed's own first look may have signed meanwhile.
      if ((await db.rulesetHead.findFirstOrThrow()).head !== aged) aged = await ageHead(60);
      return (await ask(feed.port, key, '/v1/ruleset')).headers.get('stopgap-head') === aged;
    };
    await expect.poll(isServed).toBe(true);
    const guard = await newcomer(url(feed.port));
    expect(guard.status()).toMatchObject({ seq: 0, state: 'failed' });
    opened(keepHeadSigned(100));
    expect(await guard.waitForSeq(newest, 60_000)).toBe(true);
  });

  test('the publish itself: head and ruleset come together, at the feed and at a relay', async () => {
    const feed = await feedOn();
    const relay = await relayOf(url(feed.port));
    const streams = [await openStream(feed.port, key), await openStream(relay.port, key)];
    const seq = await publishRule('one_more');
    const { head } = await db.rulesetHead.findFirstOrThrow();
    for (const stream of streams) {
      await until('it came', () => stream.events.some(({ id }) => id?.startsWith(`${seq}-`)));
      expect(stream.heads.at(-1)).toBe(head);
      stream.close();
    }
    for (const { port } of [feed, relay]) {
      const answer = await ask(port, key, '/v1/ruleset');
      expect(answer.headers.get('stopgap-head')).toBe(head);
      const known = { 'if-none-match': answer.headers.get('etag') ?? '' };
      const same = await ask(port, key, '/v1/ruleset', { headers: known });
      expect([same.status, same.headers.get('stopgap-head')]).toEqual([304, head]);
    }
    expect(openHead(head, [parsePublicKey(publicKeyPem())])).toMatchObject({ seq });
  });

  test('quiet streams are sent a head that was signed meanwhile', async () => {
    const feed = opened(await startFeed({ port: 0, host: '127.0.0.1', keepAliveMs: 300 }));
    const stream = await openStream(feed.port, key);
    await until('the first', () => stream.heads.length > 0);
    await ageHead(1);
    const { head } = await db.rulesetHead.findFirstOrThrow();
    await until('the next', () => stream.heads.at(-1) === head);
    stream.close();
  });

  test('a relay sends on no head that nobody signed, and none that is older than it had', async () => {
    const feed = await feedOn();
    const box = opened(await startMiddlebox(feed.port));
    const young = await headFrom(newest, 0);
    box.replay(sent({ head: young, envelope: await envelopeOf(newest) }));
    const relay = await relayOf(box.url);
    await until('the relay has it', () => relay.seq() === newest);
    box.replay(sent({ head: await headFrom(newest, 30) }));
    box.replay(sent({ head: young.replace(/.{10}==$/, 'AAAAAAAAAA==') }));
    const last = await headFrom(newest, -1);
    box.replay(sent({ head: last }));
    const stream = await openStream(relay.port, key);
    await until('the last came', () => stream.heads.includes(last));
    expect(stream.heads.filter((head) => head !== young && head !== last)).toEqual([]);
    stream.close();
  });

  test('a relay keeps no head from the future for longer than until the next, also over a restart', async () => {
    const feed = await feedOn();
    const box = opened(await startMiddlebox(feed.port));
    const future = await headFrom(newest, -180);
    box.replay(sent({ head: future, envelope: await envelopeOf(newest) }));
    const first = await relayOf(box.url, dir);
    await until('the relay has it', () => first.seq() === newest);
    const refused = await newcomer(url(first.port));
    expect(refused.status()).toMatchObject({ seq: 0, reason: expect.stringMatching(/ahead of this clock/) });
    await shut(refused);
    await shut(first);
    const again = await relayOf(box.url, dir);
    const young = await headFrom(newest, 1);
    // In one piece, for it may connect only now.
    box.replay(sent({ head: young }) + sent({ head: future }));
    const waiting = await newcomer(url(again.port));
    expect(await waiting.waitForSeq(newest, 60_000)).toBe(true);
    expect((await ask(again.port, key, '/v1/ruleset')).headers.get('stopgap-head')).toBe(young);
  });
});

describe('a database that comes back from a backup', () => {
  test('gives newcomers what it holds at once, although the fleet is ahead and nothing is renewed', async () => {
    await publishRule('lost_rule');
    await restoredTo(newest);
    const feed = await feedOn();
    const guard = await newcomer(url(feed.port));
    expect(await guard.waitForSeq(newest, 60_000)).toBe(true);
  });

  test('under a running feed: newcomers get what the fleet has, until somebody publishes', async () => {
    const feed = await feedOn();
    const lost = await publishRule('lost_rule');
    const served = async (name: string) => (await ask(feed.port, key, '/v1/ruleset')).headers.get(name) ?? '';
    await expect.poll(() => served('etag')).toMatch(new RegExp(`^"${lost}-`));
    await restoredTo(newest, { keepsFile: true });
    expect(await signHead(systemActor('worker'))).toBe(true);
    await expect.poll(() => served('stopgap-head')).toMatch(new RegExp(`^${newest}-`));
    expect(await served('etag')).toMatch(new RegExp(`^"${lost}-`));
    const guard = await newcomer(url(feed.port));
    expect(await guard.waitForSeq(lost, 60_000)).toBe(true);
    const next = await publishRule('published_after');
    expect(next).toBeGreaterThan(lost);
    expect(await guard.waitForSeq(next, 60_000)).toBe(true);
    // Of the lost numbers none is taken any more.
    const box = opened(await startMiddlebox(feed.port));
    box.replay(sent({ head: await headFrom(next, 0), envelope: await envelopeOf(newest) }));
    expect((await newcomer(box.url, { instanceId: 'other' })).status().seq).toBe(0);
  });
});
