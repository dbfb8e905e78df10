import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { listInstances } from '#lib/fleet/queries';
import { publishSnapshot } from '#lib/rulesets/publish';
import { publicKeyPem } from '#lib/rulesets/signing';
import { startRelay } from '#relay/server';
import { createGuard, type Guard } from '#sdk/guard';
import { until } from '#sdk/testing/feed';
import { person, ruleRow } from '../tests/fixtures.ts';
import { restoredTo } from '../tests/restored.ts';
import { type Feed, startFeed } from './server.ts';
import { ask, feedKey, seqIn } from './testing/client.ts';

// A night's backup comes back: the database ends at a number that the fleet has long passed.

let dir: string;
let key: string;
let open: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-rewind-'));
  key = await feedKey();
  await db.mitigation.updateMany({ data: { state: 'withdrawn' } });
  // The test before may have overtaken the fleet a moment ago, which is done once in ten seconds.
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await tx.$executeRaw`UPDATE ruleset SET published_at = published_at - interval '1 minute' WHERE cause = 'overtake'`;
  });
});
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  open = [];
  await rm(dir, { recursive: true, force: true });
});
const shut = async (each: { close(): Promise<void> }) => {
  open = open.filter((other) => other !== each);
  await each.close();
};
const url = (port: number) => `http://127.0.0.1:${port}`;

async function feedOn(port = 0): Promise<Feed> {
  const feed = await startFeed({ port, host: '127.0.0.1' });
  open.push(feed);
  return feed;
}
async function guardOf(port: number, instanceId: string): Promise<Guard> {
  const guard = createGuard({
    feedUrl: url(port),
    apiKey: key,
    instanceId,
    dir: path.join(dir, instanceId),
    publicKey: publicKeyPem(),
    onEvent: () => undefined,
  });
  open.push(guard);
  await guard.start();
  return guard;
}
async function relayOf(port: number) {
  const relay = await startRelay({
    port: 0,
    host: '127.0.0.1',
    feedUrl: url(port),
    apiKey: key,
    relayId: 'relay-1',
    dir: path.join(dir, 'relay-1'),
  });
  open.push(relay);
  return relay;
}
/** Makes a rule live and publishes, as a person does it. */
async function publishRule(text: string): Promise<number> {
  const row = await ruleRow({
    state: 'live',
    matcher: { kind: 'literal', text },
    tests: { mustMatch: [{ text }], mustNotMatch: [] },
  });
  return db.$transaction((tx) => publishSnapshot(tx, `publish R-${row.number}`));
}
const marked = (seq: number) => expect.poll(async () => (await db.rulesetMark.findFirst())?.seq).toBe(seq);
const verdict = (guard: Guard, completion: string) => guard.decide({ completion }).verdict;

/** Three rulesets that everybody has; then the backup, from before them. */
async function restoredUnder(feed: Feed, kept: number): Promise<void> {
  await shut(feed);
  await db.mitigation.updateMany({ data: { state: 'withdrawn' } });
  await restoredTo(kept);
}

test('a rule published right after the restore, before anybody has said a word, is enforced on the whole fleet', async () => {
  const kept = await publishRule('kept_rule');
  let feed = await feedOn();
  const relay = await relayOf(feed.port);
  const [near, far] = [await guardOf(feed.port, 'near'), await guardOf(relay.port, 'far')];
  for (const name of ['lost_one', 'lost_two', 'lost_three']) await publishRule(name);
  const lost = kept + 3;
  expect(await near.waitForSeq(lost, 60_000)).toBe(true);
  expect(await far.waitForSeq(lost, 60_000)).toBe(true);

  const { port } = feed;
  await restoredUnder(feed, kept);
  feed = await feedOn(port);
  const published = await publishRule('emergency_rule');
  await until('the rule acts near and far', () =>
    [near, far].every((guard) => verdict(guard, 'emergency_rule') === 'block'),
  );
  for (const guard of [near, far]) {
    expect(guard.status()).toMatchObject({ state: 'active' });
    expect(guard.status().seq).toBeGreaterThan(lost);
  }
  expect(published).toBeGreaterThan(kept);
  const fresh = await guardOf(feed.port, 'fresh');
  expect(verdict(fresh, 'emergency_rule')).toBe('block');
  const jumps = await db.event.findMany({ where: { action: 'ruleset.jump' } });
  expect(jumps.length).toBeGreaterThan(0);
});

test('one that was away when it was published is overtaken when it comes back, also after a restart of its own', async () => {
  const kept = await publishRule('kept_rule');
  let feed = await feedOn();
  let guard = await guardOf(feed.port, 'traveller');
  for (const name of ['lost_one', 'lost_two', 'lost_three']) await publishRule(name);
  expect(await guard.waitForSeq(kept + 3, 60_000)).toBe(true);
  await shut(guard);
  const { port } = feed;
  await restoredUnder(feed, kept);
  const published = await publishRule('emergency_rule');
  expect(published).toBe(kept + 1);
  feed = await feedOn(port);
  guard = await guardOf(feed.port, 'traveller');
  await until('the rule acts', () => verdict(guard, 'emergency_rule') === 'block');
  expect(guard.status()).toMatchObject({ state: 'active' });
  expect(guard.status().seq).toBeGreaterThan(kept + 3);
  const [told] = await db.event.findMany({ where: { action: 'ruleset.overtake' }, orderBy: { id: 'desc' } });
  expect(JSON.parse(told?.body ?? '{}').data).toMatchObject({ instance: 'traveller', activeSeq: kept + 3 });
});

test('before anybody decides, the fleet keeps its rules and is shown as ahead, never as active', async () => {
  const admin = await person('admin');
  await db.$executeRaw`DELETE FROM instance`;
  const kept = await publishRule('kept_rule');
  const feed = await feedOn();
  const guard = await guardOf(feed.port, 'ahead-1');
  for (const name of ['lost_one', 'lost_two', 'lost_three']) await publishRule(name);
  expect(await guard.waitForSeq(kept + 3, 60_000)).toBe(true);
  const { port } = feed;
  await restoredUnder(feed, kept);
  await feedOn(port);
  const shown = async () => (await listInstances(admin)).items.map(({ id, state }) => `${id} ${state}`);
  await expect.poll(shown).toEqual(['ahead-1 ahead']);
  expect(verdict(guard, 'lost_two')).toBe('block');
  await marked(kept + 3);
  const [mark] = await db.rulesetMark.findMany();
  expect(mark?.source).toContain('instance');
});

test('an OPA that holds a lost bundle: its number is never another bundle’s, and it is given the next one', async () => {
  const kept = await publishRule('kept_rule');
  let feed = await feedOn();
  for (const name of ['lost_one', 'lost_two', 'lost_three']) await publishRule(name);
  const poll = (etag?: string) =>
    ask(feed.port, key, '/bundles/stopgap.tar.gz?instance=opa-1', {
      headers: etag === undefined ? {} : { 'if-none-match': etag },
    });
  const bundleOf = async (seq: number, held?: string) => {
    let answer = await poll(held);
    for (let tries = 0; tries < 3_000 && seqIn(answer.headers.get('etag')) !== seq; tries++) {
      await sleep(20);
      answer = await poll(held);
    }
    return answer;
  };
  const lost = await bundleOf(kept + 3);
  const etag = lost.headers.get('etag') ?? '';
  const bytes = Buffer.from(await lost.arrayBuffer());
  const { port } = feed;
  await restoredUnder(feed, kept);
  feed = await feedOn(port);
  const before = await poll(etag);
  // Nothing newer for it: it keeps what it has, under the name that it has it by.
  expect([before.status, before.headers.get('etag')]).toEqual([304, etag]);
  await marked(kept + 3);
  const seen = new Set([etag]);
  for (let step = 0; step < 4; step++) {
    const seq = await publishRule(`emergency_${step}`);
    const next = await bundleOf(seq, etag);
    expect(next.status).toBe(200);
    expect(Buffer.from(await next.arrayBuffer()).equals(bytes)).toBe(false);
    expect(seen.has(next.headers.get('etag') ?? '')).toBe(false);
    seen.add(next.headers.get('etag') ?? '');
  }
});

test('a feed that ran on while the database went back still knows what it served', async () => {
  const kept = await publishRule('kept_rule');
  const feed = await feedOn();
  const guard = await guardOf(feed.port, 'steady');
  for (const name of ['lost_one', 'lost_two']) await publishRule(name);
  expect(await guard.waitForSeq(kept + 2, 60_000)).toBe(true);
  await db.mitigation.updateMany({ data: { state: 'withdrawn' } });
  await restoredTo(kept);
  await marked(kept + 2);
  expect(await (await ask(feed.port, key, '/metrics')).text()).toContain('stopgap_feed_database_rewound 1');
  expect(await publishRule('emergency_rule')).toBe(kept + 3);
  expect(await guard.waitForSeq(kept + 3, 60_000)).toBe(true);
  expect(verdict(guard, 'emergency_rule')).toBe('block');
  const event = await db.event.findFirst({ where: { action: 'ruleset.rewound' }, orderBy: { id: 'desc' } });
  expect(event?.actorName).toBe(systemActor('feed').name);
});
