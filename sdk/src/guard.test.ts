import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GuardEvent } from './events.ts';
import { createGuard, type Guard, type GuardOptions } from './guard.ts';
import { makeSigner, seal, TEST_KEY, TestFeed, until } from './testing/feed.ts';
import { makeRule, makeSnapshot } from './testing/rules.ts';
import { SDK_VERSION } from './version.ts';

let feed: TestFeed;
let dir: string;
let guards: Guard[];
let events: GuardEvent[];

beforeEach(async () => {
  feed = await new TestFeed().listen();
  dir = await mkdtemp(join(tmpdir(), 'stopgap-guard-'));
  guards = [];
  events = [];
});
afterEach(async () => {
  await Promise.all(guards.map((guard) => guard.close()));
  await feed.kill();
  await rm(dir, { recursive: true, force: true });
});

function open(options: Partial<GuardOptions> = {}): Guard {
  const guard = createGuard({
    feedUrl: feed.url,
    apiKey: TEST_KEY,
    instanceId: 'i-1',
    publicKey: feed.signer.publicKey,
    onEvent: (event) => events.push(event),
    ...options,
  });
  guards.push(guard);
  return guard;
}

const evil = { completion: 'evil(1)' };
const seen = (type: GuardEvent['type']) => events.filter((event) => event.type === type).length;

describe('following', () => {
  test('enforces, swaps, reports, and a withdrawn rule ends with the next snapshot', async () => {
    const rule = makeRule();
    feed.publish(makeSnapshot(1, [rule]));
    const guard = open({ labels: { region: 'eu' } });
    expect(guard.status()).toMatchObject({ seq: 0, state: 'starting', rules: 0 });
    expect(guard.decide(evil)).toEqual({ verdict: 'allow', rules: [], seq: 0 });
    await guard.start();
    expect(guard.status()).toMatchObject({ seq: 1, state: 'active', rules: 1 });
    expect(guard.decide(evil)).toMatchObject({ verdict: 'block', seq: 1, rules: [{ id: rule.id }] });
    feed.publish(makeSnapshot(2, []));
    expect(await guard.waitForSeq(2, 60_000)).toBe(true);
    expect(guard.decide(evil)).toMatchObject({ verdict: 'allow', seq: 2 });
    await until('the report of 2', () => feed.reports.some((report) => report.activeSeq === 2));
    expect(feed.reports.flatMap((report) => report.hits)).toMatchObject([{ ruleId: rule.id, enforced: 1 }]);
    expect(feed.reports[0]).toMatchObject({ labels: { region: 'eu' }, sdkVersion: SDK_VERSION });
    expect(await guard.waitForSeq(3, 20)).toBe(false);
  });

  test('a feed that dies and comes back on the same port is followed again, from the active seq', async () => {
    feed.publish(makeSnapshot(1, [makeRule()]));
    const guard = open();
    await guard.start();
    await feed.kill();
    await until('the loss', () => seen('disconnected') > 0);
    expect(guard.decide(evil).verdict).toBe('block');
    feed.current = undefined;
    await feed.listen();
    await until('the stream', () => feed.streams === 1);
    expect(feed.lastEventIds.at(-1)).toMatch(/^1-[0-9a-f]{64}$/);
    feed.publish(makeSnapshot(2, []));
    expect(await guard.waitForSeq(2, 60_000)).toBe(true);
  });

  test('goodbye is obeyed: leave, wait, come back', async () => {
    feed.publish(makeSnapshot(1, []));
    const guard = open();
    await guard.start();
    feed.sendToAll('event: goodbye\ndata: {"retryMs":300}\n\n');
    await until('the leave', () =>
      events.some((e) => e.type === 'disconnected' && e.reason.includes('restart')),
    );
    await until('the return', () => feed.lastEventIds.length === 2 && feed.streams === 1);
  });

  test('a refused key is told clearly and start does not wait for ever', async () => {
    const guard = open({ apiKey: 'wrong' });
    await guard.start();
    expect(events).toContainEqual(expect.objectContaining({ type: 'unauthorized', status: 401 }));
    expect(guard.status().state).toBe('starting');
  });

  test('options that cannot work are refused at once', () => {
    const problem = (options: object) => () => createGuard({ feedUrl: 'http://x', apiKey: 'k', ...options });
    expect(problem({ feedUrl: 'ftp://x' })).toThrow(
      /^The guard cannot start: feedUrl must be the http or https address of a feed or relay\.$/,
    );
    expect(problem({ feedUrl: undefined })).toThrow(/feedUrl must be the http or https address/);
    expect(problem({ apiKey: '' })).toThrow(
      /^The guard cannot start: apiKey is empty: a key with the scope feed is needed\.$/,
    );
    expect(problem({ apiKey: undefined })).toThrow(/apiKey is missing: a key with the scope feed is needed/);
    expect(() => createGuard({ feedUrl: 'http://x', apiKey: 'k', publicKey: 'short' })).toThrow(/32 bytes/);
  });
});

describe('bad snapshots', () => {
  test('a rule that fails its vectors keeps the last good set, is reported, and does not stick', async () => {
    feed.publish(makeSnapshot(1, [makeRule()]));
    const guard = open();
    await guard.start();
    const bad = makeRule({ ref: 'R-66', tests: { mustMatch: [{ text: 'fine' }], mustNotMatch: [] } });
    feed.publish(makeSnapshot(2, [bad]));
    await until('the failure', () => guard.status().state === 'failed');
    expect(guard.status()).toMatchObject({ seq: 1, rules: 1, reason: expect.stringContaining('R-66') });
    expect(guard.decide(evil)).toMatchObject({ verdict: 'block', seq: 1 });
    await until('the report', () => feed.reports.some((report) => report.state === 'failed'));
    expect(feed.reports.find((report) => report.state === 'failed')).toMatchObject({ activeSeq: 1, seq: 2 });
    await feed.kill();
    await feed.listen();
    await until('the second connect', () => feed.lastEventIds.length >= 2);
    expect(feed.lastEventIds.at(-1)).toMatch(/^1-[0-9a-f]{64}$/);
    feed.publish(makeSnapshot(3, []));
    expect(await guard.waitForSeq(3, 60_000)).toBe(true);
    expect(guard.status()).toMatchObject({ seq: 3, state: 'active' });
    expect(guard.status().reason).toBeUndefined();
  });

  test('a forged snapshot and a rollback change nothing', async () => {
    feed.publish(makeSnapshot(5, [makeRule()]));
    const guard = open();
    await guard.start();
    feed.publish(makeSnapshot(6, []), makeSigner('forger'));
    await until('the forgery', () => events.some((e) => e.type === 'failed' && e.code === 'signature'));
    feed.publish(makeSnapshot(4, []));
    await until('the rollback', () => events.some((e) => e.type === 'failed' && e.code === 'rollback'));
    expect(guard.decide(evil)).toMatchObject({ verdict: 'block', seq: 5 });
    feed.publishText(7, 'garbage');
    await until('the garbage', () => events.some((e) => e.type === 'failed' && e.code === 'schema'));
    expect(guard.status()).toMatchObject({ seq: 5, state: 'failed' });
    feed.publish(makeSnapshot(5, [], { issuedAt: '2020-01-01T00:00:00Z' }));
    await until('calm', () => guard.status().state === 'active');
    expect(guard.decide(evil)).toMatchObject({ verdict: 'block', seq: 5 });
  });
});

describe('time', () => {
  test('a rule ends and the set turns stale while the feed is away', async () => {
    const soon = new Date(Date.now() + 1_500).toISOString();
    feed.publish(makeSnapshot(1, [makeRule({ expiresAt: soon })], { expiresAt: soon }));
    const guard = open();
    await guard.start();
    expect(guard.decide(evil).verdict).toBe('block');
    await feed.kill();
    await until('the end of the rule', () => guard.decide(evil).verdict === 'allow');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon));
    await until('staleness', () => seen('stale') === 1);
    expect(guard.status()).toMatchObject({ seq: 1, state: 'stale', rules: 1 });
    feed.current = { seq: 1, text: seal(makeSnapshot(1, [makeRule()]), feed.signer) };
    await feed.listen();
    await until('renewal under the same seq', () => guard.status().state === 'active');
    expect(guard.decide(evil).verdict).toBe('block');
  });

  test('a set that nobody renews is reported as stale', async () => {
    const soon = new Date(Date.now() + 500).toISOString();
    feed.publish(makeSnapshot(1, [], { expiresAt: soon }));
    await open().start();
    await until('the report', () => feed.reports.some((report) => report.state === 'stale'));
    expect(feed.reports.at(-1)).toMatchObject({
      activeSeq: 1,
      seq: 1,
      reason: expect.stringContaining(soon),
    });
  });
});

describe('disk and trust', () => {
  test('the last good set is enforced when the feed is down at start', async () => {
    feed.publish(makeSnapshot(3, [makeRule()]));
    const first = open({ dir });
    await first.start();
    await first.close();
    await feed.kill();
    const second = open({ dir });
    await second.start();
    expect(second.status()).toMatchObject({ seq: 3, state: 'active' });
    expect(second.decide(evil).verdict).toBe('block');
    expect(events).toContainEqual({ type: 'active', seq: 3, rules: 1, source: 'disk' });
    feed.current = { seq: 2, text: seal(makeSnapshot(2, []), feed.signer) };
    await feed.listen();
    await until('the rollback', () => events.some((e) => e.type === 'failed' && e.code === 'rollback'));
    expect(second.decide(evil).verdict).toBe('block');
  });

  test('a damaged or forged file is told and the feed is followed all the same', async () => {
    await writeFile(join(dir, 'last-good.json'), seal(makeSnapshot(9, []), makeSigner('forger')));
    feed.publish(makeSnapshot(1, [makeRule()]));
    const guard = open({ dir });
    await guard.start();
    expect(events[0]).toMatchObject({ type: 'disk', message: expect.stringContaining('ignored') });
    expect(await guard.waitForSeq(1, 60_000)).toBe(true);
    expect(guard.decide(evil)).toMatchObject({ verdict: 'block', seq: 1 });
  });

  test('without a given key the first one is pinned, also over a restart', async () => {
    feed.publish(makeSnapshot(1, [makeRule()]));
    const first = open({ dir, publicKey: undefined });
    await first.start();
    expect(first.status().seq).toBe(1);
    await first.close();
    expect(JSON.parse(await readFile(join(dir, 'trusted-key.json'), 'utf8')).keyId).toBe('k1');
    const thief = await new TestFeed(makeSigner('thief')).listen();
    try {
      thief.publish(makeSnapshot(2, []));
      const second = open({ dir, publicKey: undefined, feedUrl: thief.url });
      await second.start();
      await until('the refusal', () => events.some((e) => e.type === 'failed' && e.code === 'signature'));
      expect(second.decide(evil)).toMatchObject({ verdict: 'block', seq: 1 });
      await second.close();
    } finally {
      await thief.kill();
    }
  });
});

describe('the owner', () => {
  test('close flushes the counters and leaves the feed; decide goes on', async () => {
    feed.publish(makeSnapshot(1, [makeRule()]));
    const guard = open();
    await guard.start();
    await until('the first report', () => feed.reports.length > 0);
    guard.decide(evil);
    await guard.close();
    expect(feed.reports.at(-1)).toMatchObject({ decisions: 1, hits: [{ hits: 1 }] });
    await until('no stream', () => feed.streams === 0);
    expect(guard.decide(evil).verdict).toBe('block');
  });

  test('a listener that throws does not stop enforcement', async () => {
    feed.publish(makeSnapshot(1, [makeRule()]));
    const guard = open({
      onEvent: () => {
        throw new Error('listener');
      },
    });
    await guard.start();
    expect(guard.decide(evil).verdict).toBe('block');
  });

  test('an open guard keeps no process alive', async () => {
    feed.publish(makeSnapshot(1, [makeRule()]));
    const module = new URL('./guard.ts', import.meta.url).href;
    const options = { feedUrl: feed.url, apiKey: TEST_KEY };
    const script = `const { createGuard } = await import(${JSON.stringify(module)});
      const guard = createGuard(${JSON.stringify(options)});
      await guard.start();
      console.log(guard.decide({ completion: 'evil(1)' }).verdict);`;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 20_000,
    });
    expect(stdout.trim()).toBe('block');
  });

  test('the version told is the version packaged', async () => {
    const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    expect(SDK_VERSION).toBe(manifest.version);
  });
});

test('a rule that a text left no work for is named once for each ruleset, and stays enforced', async () => {
  const names = Array.from({ length: 120 }, (_, at) => `open_${at + 100}`);
  const rules = names.map((name) =>
    makeRule({
      matcher: { kind: 're2', pattern: `${name}(?:[^\\n]|\\n\\n)*end_${name}[0-9]`, ignoreCase: false },
      tests: { mustMatch: [{ text: `${name} end_${name}7` }], mustNotMatch: [] },
    }),
  );
  const all = (word: string) => names.map((name) => `${word}${name} `).join('');
  const completion = `${all('')}${'x'.repeat(20_000)}${all('end_')}`;
  feed.publish(makeSnapshot(1, rules));
  const guard = open();
  await guard.start();
  expect(guard.decide({ completion }).verdict).toBe('allow');
  const reasons = () => events.flatMap((event) => (event.type === 'judge_failed' ? event.reason : []));
  const first = reasons();
  expect(first.length).toBeGreaterThan(10);
  expect(first[0]).toMatch(/^R-[0-9]+ did not judge a text\. /);
  guard.decide({ completion });
  guard.decide({ completion });
  expect(reasons()).toEqual(first);
  expect(new Set(first).size).toBe(first.length);
  for (const name of names)
    expect(guard.decide({ completion: `${name} end_${name}7` }).verdict).toBe('block');
  feed.publish(makeSnapshot(2, rules));
  expect(await guard.waitForSeq(2, 60_000)).toBe(true);
  guard.decide({ completion });
  expect(reasons()).toHaveLength(2 * first.length);
});
