import { createHash } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { reportSchema } from '#sdk/report';
import { machine, person } from '../../tests/fixtures.ts';
import { adoptionWords } from './adoption.ts';
import { recordReports } from './mutations.ts';
import { adoptionHistogram, BUCKETS_MS, getAdoption, hitsByMitigation, listInstances } from './queries.ts';

const feed = systemActor('feed');
let last = 0;

beforeEach(async () => {
  await db.adoption.deleteMany();
  await db.instance.deleteMany();
});

/** A ruleset published `agoMs` ago. */
async function published(agoMs: number): Promise<{ seq: number; at: (ms: number) => Date }> {
  last += 1;
  const publishedAt = new Date(Date.now() - agoMs);
  await db.ruleset.create({
    data: {
      seq: last,
      payload: '{}',
      signature: '',
      keyId: '',
      rules: 0,
      cause: 'test',
      publishedAt,
      expiresAt: new Date(Date.now() + 3_600_000),
    },
  });
  return { seq: last, at: (ms) => new Date(publishedAt.getTime() + ms) };
}

function says(instanceId: string, seq: number, at: Date, failed?: string) {
  const state = failed ? ('failed' as const) : ('active' as const);
  const activeSeq = failed ? seq - 1 : seq;
  const report = {
    instanceId,
    labels: { region: 'eu' },
    sdkVersion: '1',
    activeSeq,
    seq,
    state,
    decisions: 0,
  };
  return { at, report: reportSchema.parse({ ...report, reason: failed }) };
}

test('p50 and p99 are taken over those that were there at publish; late joiners are counted apart', async () => {
  const { seq, at } = await published(20_000);
  const names = Array.from({ length: 100 }, (_, index) => `pod-${index}`);
  const offers = names.map((instanceId) => ({ instanceId, seq, at: at(5) }));
  const reports = names.map((instanceId, index) => says(instanceId, seq, at(index + 1)));
  await recordReports(feed, reports, offers);
  await recordReports(
    feed,
    [says('latecomer', seq, at(9_000))],
    [{ instanceId: 'latecomer', seq, at: at(8_900) }],
  );

  const adoption = await getAdoption(await person('auditor'), seq);
  expect(adoption).toMatchObject({ seq, instances: 101, active: 101, failed: [], lagging: [], gone: 0 });
  expect(adoption).toMatchObject({ measured: 100, late: 1 });
  expect([adoption.p50Ms, adoption.p99Ms, adoption.lastActiveMs].map((ms) => Math.round(ms ?? 0))).toEqual([
    50, 99, 100,
  ]);
});

test('who failed, who lags and who is gone is told apart', async () => {
  const before = await published(3_600_000);
  const now = new Date();
  await recordReports(feed, [
    says('failed', before.seq, now),
    says('lags', before.seq, now),
    says('gone', before.seq, new Date(now.getTime() - 60_000)),
    says('long-gone', before.seq, new Date(now.getTime() - 86_400_000)),
  ]);
  const { seq } = await published(5_000);
  await recordReports(feed, [says('good', seq, now), says('failed', seq, new Date(), 'pattern rejected')]);

  const reader = await machine(['respond']);
  const adoption = await getAdoption(reader);
  // However long it is silent: it may still serve.
  expect(adoption).toMatchObject({ seq, instances: 5, active: 1, gone: 2 });
  expect(adoption.failed).toEqual([{ instanceId: 'failed', reason: 'pattern rejected' }]);
  expect(adoption.lagging.map((row) => [row.instanceId, row.activeSeq])).toEqual([['lags', before.seq]]);

  const { items, total, newestSeq } = await listInstances(reader);
  expect([total, newestSeq]).toEqual([5, seq]);
  expect(Object.fromEntries(items.map((row) => [row.id, row.state]))).toEqual({
    failed: 'failed',
    gone: 'gone',
    good: 'active',
    lags: 'lagging',
    'long-gone': 'gone',
  });
});

test('in the first two seconds nobody is said to lag', async () => {
  const before = await published(60_000);
  await recordReports(feed, [says('on-its-way', before.seq, new Date())]);
  await published(100);
  const reader = await person('commander');
  expect(await getAdoption(reader)).toMatchObject({ instances: 1, active: 0, lagging: [] });
  expect((await listInstances(reader)).items[0]?.state).toBe('adopting');
});

test('one that failed and then took a later ruleset is active again', async () => {
  const bad = await published(30_000);
  await recordReports(feed, [says('recovers', bad.seq, new Date(), 'no')]);
  const good = await published(20_000);
  await recordReports(feed, [says('recovers', good.seq, new Date())]);
  const reader = await person('lead');
  expect(await getAdoption(reader, bad.seq)).toMatchObject({
    instances: 1,
    active: 0,
    failed: [{ instanceId: 'recovers', reason: 'no' }],
    supersededBy: good.seq,
  });
  expect(await getAdoption(reader, good.seq)).toMatchObject({ active: 1, failed: [] });
});

test('a ruleset counts receipts of exactly it: neither of a later one, nor under its number with other content', async () => {
  const first = await published(30_000);
  await recordReports(feed, [
    says('steady', first.seq, first.at(20)),
    says('relay', first.seq, first.at(20)),
  ]);
  await db.instance.update({ where: { id: 'relay' }, data: { kind: 'relay' } });
  const overtaken = await published(20_000);
  const newest = await published(10_000);
  const sha256 = createHash('sha256').update('{}').digest('hex');
  const tells = (instanceId: string, activeSha256: string) => {
    const { at, report } = says(instanceId, newest.seq, new Date());
    return { at, report: { ...report, activeSha256 } };
  };
  await recordReports(feed, [
    says('steady', newest.seq, new Date()),
    tells('tells', sha256),
    tells('restored', 'f'.repeat(64)),
    says('ahead', newest.seq + 1, new Date()),
  ]);
  const reader = await person('lead');
  expect(await getAdoption(reader, first.seq)).toMatchObject({
    instances: 1,
    active: 1,
    supersededBy: overtaken.seq,
  });
  expect(adoptionWords(await getAdoption(reader, first.seq))).toBe(
    `active on 1 of 1 when ${overtaken.seq} superseded it`,
  );
  const never = await getAdoption(reader, overtaken.seq);
  expect(never).toMatchObject({ instances: 1, active: 0, failed: [], lagging: [], measured: 0 });
  expect(adoptionWords(never)).toBe(`superseded by ${newest.seq} before any instance took it`);
  expect(await getAdoption(reader)).toMatchObject({ instances: 4, active: 2, supersededBy: null });
  expect(
    (await db.adoption.findMany({ where: { seq: newest.seq } })).map((row) => row.instanceId).sort(),
  ).toEqual(['steady', 'tells']);
  expect((await listInstances(reader)).items.map((row) => [row.id, row.state])).toEqual([
    ['ahead', 'ahead'],
    ['relay', 'gone'],
    ['restored', 'ahead'],
    ['steady', 'active'],
    ['tells', 'active'],
  ]);
});

test('what an instance verified it had been offered, and below a hundred there is no p99', async () => {
  const { seq, at } = await published(20_000);
  const steps = { verifiedMs: 1, compiledMs: 2, testedMs: 3, activeMs: 4 };
  const said = says('early', seq, at(40));
  await recordReports(
    feed,
    [{ ...said, report: { ...said.report, steps } }],
    [{ instanceId: 'early', seq, at: at(39) }],
  );
  const [{ offeredAt, verifiedAt }] = [await db.adoption.findFirstOrThrow({ where: { seq } })];
  expect(offeredAt).toEqual(verifiedAt);
  await recordReports(feed, [], [{ instanceId: 'early', seq, at: at(500) }]);
  expect((await db.adoption.findFirstOrThrow({ where: { seq } })).offeredAt).toEqual(verifiedAt);
  expect(await getAdoption(await person('lead'), seq)).toMatchObject({
    measured: 1,
    p99Ms: null,
    lastActiveMs: 40,
  });
});

test('the histogram puts each instance into its bar', async () => {
  const { seq, at } = await published(20_000);
  const took = [10, 50, 51, 250, 900, 7_000];
  const offers = took.map((_, index) => ({ instanceId: `h-${index}`, seq, at: at(1) }));
  await recordReports(
    feed,
    took.map((ms, index) => says(`h-${index}`, seq, at(ms))),
    offers,
  );
  const [newest] = await adoptionHistogram(await person('reviewer'), 1);
  expect(newest).toMatchObject({ seq, measured: 6 });
  expect(BUCKETS_MS.slice(0, 5)).toEqual([50, 100, 250, 500, 1_000]);
  expect(newest?.counts).toEqual([2, 1, 1, 0, 1, 0, 0, 1]);
});

test('hits are summed over instances', async () => {
  const mitigationId = newId();
  const lastHitAt = new Date();
  await db.ruleHit.createMany({
    data: [
      { mitigationId, instanceId: 'a', hits: 3n, enforced: 1n, lastHitAt },
      { mitigationId, instanceId: 'b', hits: 4n, enforced: 4n, lastHitAt },
    ],
  });
  const reader = await person('auditor');
  expect(await hitsByMitigation(reader, [mitigationId, newId()])).toEqual({
    [mitigationId]: { hits: 7, enforced: 5, instances: 2, lastHitAt },
  });
  expect(await hitsByMitigation(reader, [])).toEqual({});
});

test('an unknown ruleset is not found; a key without the scope is refused', async () => {
  await expect(getAdoption(await person('lead'), 99_999)).rejects.toMatchObject({ code: 'not_found' });
  const key = await machine(['ingest']);
  for (const ask of [getAdoption, listInstances, adoptionHistogram]) {
    await expect(ask(key)).rejects.toMatchObject({ code: 'forbidden' });
  }
  await expect(hitsByMitigation(key, [])).rejects.toMatchObject({ code: 'forbidden' });
});
