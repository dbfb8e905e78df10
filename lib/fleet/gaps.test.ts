import { beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { publishSnapshot } from '#lib/rulesets/publish';
import { type Report, reportSchema } from '#sdk/report';
import { REPORT_EVERY_MS } from '#sdk/reporter';
import { machine, person } from '../../tests/fixtures.ts';
import { listGaps, streamProof } from './gaps.ts';
import { recordReports } from './mutations.ts';
import { getInstance } from './queries.ts';
import { GONE_AFTER_MS, LOOK_AGAIN_MS } from './schema.ts';

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
      text: 'does not enforce output rules on streamed answers through Portkey: 120 of 120 streamed answers came without their text. Use input rules, stream: false, or the OpenAI-compatible proxy.',
    },
  ]);
});

test('what no rule could read in requests is said by layer and field', async () => {
  const line = { contract: 'litellm', phase: 'request' as const, streamed: 0, unseen: 0 };
  const coverage = [
    { ...line, calls: 10 },
    { ...line, calls: 3, field: 'image_url' },
    { ...line, calls: 1, field: 'file_id' },
  ];
  await reports([{ instanceId: 'side', kind: 'sidecar', coverage }]);
  await reports([{ instanceId: 'side', kind: 'sidecar', coverage: coverage.slice(0, 2) }]);
  expect(await listGaps(await person('auditor'))).toMatchObject([
    {
      instanceId: 'side',
      text: expect.stringContaining('“file_id” that no rule can read, in 1 of 20 requests'),
    },
    {
      instanceId: 'side',
      text: expect.stringMatching(/“image_url” that no rule can read, in 6 of 20 requests through LiteLLM\./),
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
  await reports([{ instanceId: 'once' }], new Date(Date.now() - 3_600_000));
  const seq = await publish();
  await recordReports(feed, [], [{ instanceId: 'once', seq, at: new Date(Date.now() - 5_000) }]);
  expect((await listGaps(await person('lead'))).map(({ instanceId }) => instanceId)).toEqual(['once']);
});

test('two missing reports are seen within 30 s', () => {
  expect(GONE_AFTER_MS).toBeGreaterThan(2 * REPORT_EVERY_MS);
  expect(GONE_AFTER_MS + LOOK_AGAIN_MS).toBeLessThan(30_000);
});

test('is for those who may see the fleet', async () => {
  const key = await machine(['ingest']);
  for (const ask of [listGaps, streamProof])
    await expect(ask(key)).rejects.toMatchObject({ code: 'forbidden' });
});
