import { beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { publishSnapshot } from '#lib/rulesets/publish';
import { type Report, reportSchema } from '#sdk/report';
import { REPORT_EVERY_MS } from '#sdk/reporter';
import { rolloutBucket } from '#sdk/rollout';
import { machine, person, ruleRow } from '../../tests/fixtures.ts';
import { enforcementOf, enforcementWords } from './enforcement.ts';
import { listGaps, streamProof } from './gaps.ts';
import { recordReports } from './mutations.ts';
import { getInstance } from './queries.ts';
import { FORGET_AFTER_MS, GONE_AFTER_MS, LOOK_AGAIN_MS } from './schema.ts';

const feed = systemActor('feed');
const reports = (said: Partial<Report>[], at = new Date()) =>
  recordReports(
    feed,
    said.map((report) => ({
      at,
      report: reportSchema.parse({ sdkVersion: '1', activeSeq: 0, seq: 0, state: 'active', ...report }),
    })),
  );
const publish = () => db.$transaction((tx) => publishSnapshot(tx, 'test'));

beforeEach(async () => {
  await db.instance.deleteMany();
  await db.adoption.deleteMany();
  await db.streamTally.deleteMany();
  await db.coverage.deleteMany();
});

test('Portkey without texts on streams is said in plain words; one that gets them is not named', async () => {
  const portkey = (unseen: number) => [
    { contract: 'portkey', phase: 'response' as const, calls: 130, streamed: 120, unseen },
    { contract: 'portkey', phase: 'request' as const, calls: 130, streamed: 120, unseen: 120 },
  ];
  await reports([
    { instanceId: 'gateway-1', kind: 'sidecar', coverage: portkey(120) },
    { instanceId: 'gateway-2', kind: 'sidecar', coverage: portkey(0) },
  ]);
  expect(await listGaps(await person('auditor'))).toMatchObject([
    {
      instanceId: 'gateway-1',
      isWhole: true,
      text: 'Output rules are not enforced on streamed answers through Portkey on gateway-1: 120 of 120 streamed answers came without their text. Use input rules, stream: false, or the OpenAI-compatible proxy.',
    },
  ]);
});

test('one unscanned character is an alarm; none is the proof', async () => {
  const streams = { streams: 3, chunks: 90, released: 12_480_113, unscanned: 0, blocked: 1 };
  const reader = await person('lead');
  await reports([{ instanceId: 'proxy', streams }]);
  expect(await listGaps(reader)).toEqual([]);
  expect(await streamProof(reader)).toEqual({ released: 12_480_113, unscanned: 0 });
  await reports([{ instanceId: 'proxy', streams: { ...streams, released: 2, unscanned: 1 } }]);
  expect((await listGaps(reader))[0]?.text).toContain('let 1 of 12,480,115 streamed characters out');
  expect((await getInstance(reader, 'proxy')).streams).toMatchObject({ released: 12_480_115, unscanned: 1 });
});

test('a stream that was sent the ruleset and never said a word is named', async () => {
  const seq = await publish();
  const at = new Date(Date.now() - 5_000);
  await recordReports(feed, [], [{ instanceId: 'mute', seq, at }]);
  await recordReports(feed, [], [{ instanceId: 'just-now', seq, at: new Date() }]);
  expect((await listGaps(await person('lead'))).map(({ instanceId }) => instanceId)).toEqual(['mute']);
});

test('one that spoke long ago and takes rulesets without a word is named as well', async () => {
  await reports([{ instanceId: 'once' }], new Date(Date.now() - FORGET_AFTER_MS - 60_000));
  const seq = await publish();
  await recordReports(feed, [], [{ instanceId: 'once', seq, at: new Date(Date.now() - 5_000) }]);
  expect((await listGaps(await person('lead'))).map(({ instanceId }) => instanceId)).toEqual(['once']);
});

test('a rule that begins later acts nowhere yet, however many have it', async () => {
  const startsAt = new Date(Date.now() + 3_600_000);
  const { id } = await ruleRow({ state: 'live', stage: 'full', startsAt });
  const seq = await publish();
  await reports([{ instanceId: 'early', activeSeq: seq, seq }]);
  const enforcement = (await enforcementOf(await person('lead'), [id]))[id] ?? expect.unreachable();
  expect(enforcement).toMatchObject({ enforcing: 0, connected: 1 });
  expect(enforcementWords(enforcement)).toMatch(/^in place on 1 of 1, begins at /);
});

test('two missing reports are seen within 30 s', () => {
  expect(GONE_AFTER_MS).toBeGreaterThan(2 * REPORT_EVERY_MS);
  expect(GONE_AFTER_MS + LOOK_AGAIN_MS).toBeLessThan(30_000);
});

test('where a rule acts is counted from what each instance has active, has demoted and is drawn for', async () => {
  const { id } = await ruleRow({
    scope: { labels: { region: 'eu' } },
    plan: {
      shadowSeconds: 60,
      canarySeconds: 60,
      canaryInstances: 10,
      canaryRequests: 100,
      autoAdvance: true,
    },
    state: 'live',
    stage: 'shadow',
  });
  const reader = await machine(['respond']);
  const names = Array.from({ length: 40 }, (_, index) => `pod-${index}`);
  const say = (seq: number, breakers: Report['breakers'] = []) =>
    reports([
      ...names.map((instanceId, index) => ({
        instanceId,
        labels: { region: 'eu' },
        activeSeq: seq,
        seq,
        breakers: index === 0 ? breakers : [],
      })),
      { instanceId: 'elsewhere', labels: { region: 'us' }, activeSeq: seq, seq },
    ]);
  const now = async () => (await enforcementOf(reader, [id]))[id];
  const words = async () => enforcementWords((await now()) ?? expect.unreachable());
  const enter = async (stage: string) => {
    await db.mitigation.update({ where: { id }, data: { stage } });
    return publish();
  };

  await say(await enter('shadow'));
  expect(await words()).toBe('in shadow on 40 of 40');
  const canary = await enter('canary');
  // Published, but nobody has taken it yet: nothing is enforced anywhere.
  expect(await words()).toBe('canary: 0 of 40 instances');
  await say(canary);
  const drawn = names.filter((name) => rolloutBucket(id, name) < 10).length;
  expect(drawn).toBeLessThan(40);
  expect(await words()).toBe(`canary: ${drawn} of 40 instances`);
  const full = await enter('full');
  await say(full);
  expect(await words()).toBe('enforced on 40 of 40');
  await say(full, [{ ruleId: id, reason: 'too often', since: new Date().toISOString() }]);
  expect(await words()).toBe('enforced on 39 of 40, demoted on 1');
  expect((await listGaps(reader))[0]).toMatchObject({ instanceId: 'pod-0' });
  expect(await now()).toMatchObject({ firstHitAt: null, missing: 0, demoted: 1 });
});

test('is for those who may see the fleet', async () => {
  const key = await machine(['ingest']);
  for (const ask of [listGaps, streamProof])
    await expect(ask(key)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(enforcementOf(key, [])).rejects.toMatchObject({ code: 'forbidden' });
});
