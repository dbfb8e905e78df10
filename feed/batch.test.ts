import { expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { type Report, reportSchema } from '#sdk/report';
import { machine, ruleRow } from '../tests/fixtures.ts';
import { ReportBatch } from './batch.ts';
import { publish } from './testing/client.ts';

const actor = systemActor('test');
const say = (instanceId: string, seq: number, more: Partial<Report> = {}) =>
  reportSchema.parse({ instanceId, sdkVersion: '0.1.0', activeSeq: seq, seq, state: 'active', ...more });
const adoption = (instanceId: string, seq: number) =>
  db.adoption.findUnique({ where: { seq_instanceId: { seq, instanceId } } });

test('a report that is answered has its offer with it, and the earliest of two offers counts', async () => {
  const seq = await publish();
  const key = await machine(['feed']);
  const batch = new ReportBatch(() => 0);
  const at = new Date();
  batch.offer({ instanceId: 'answers', seq, at });
  batch.offer({ instanceId: 'answers', seq, at: new Date(at.getTime() + 40) });
  await batch.add(key, say('answers', seq), new Date(at.getTime() + 90));
  const row = await adoption('answers', seq);
  expect([row?.offeredAt, row?.activeAt]).toEqual([at, new Date(at.getTime() + 90)]);

  // Offered again by a stream that was opened later: the first time stays, and so does what was said since.
  batch.offer({ instanceId: 'answers', seq, at: new Date(at.getTime() + 500) });
  await batch.close();
  expect(await adoption('answers', seq)).toEqual(row);
});

test('an offer that nobody answers is written by itself, and at the latest when the feed stops', async () => {
  const seq = await publish();
  const batch = new ReportBatch(() => 0);
  const at = new Date();
  batch.offer({ instanceId: 'silent', seq, at });
  await expect.poll(() => adoption('silent', seq)).toBeTruthy();
  const offered = await adoption('silent', seq);
  expect(offered).toMatchObject({ offeredAt: at, activeAt: null, verifiedAt: null, testedAt: null });
  // What is told at last moves the offer no further back.
  const activeAt = new Date(at.getTime() + 5_000);
  await batch.add(await machine(['feed']), say('silent', seq), activeAt);
  expect(await adoption('silent', seq)).toEqual({ ...offered, activeAt });
  batch.offer({ instanceId: 'late', seq, at: new Date() });
  await batch.close();
  expect((await adoption('late', seq))?.offeredAt).toBeInstanceOf(Date);
});

test('a report that the database refuses takes neither its neighbours nor its own offer with it', async () => {
  const seq = await publish();
  const batch = new ReportBatch(() => 0);
  const at = new Date();
  for (const instanceId of ['good', 'bad']) batch.offer({ instanceId, seq, at });
  // What readReport makes storable; here it comes as it is.
  const bad = say('bad', seq, { labels: { zone: '\0' } });
  const answers = await Promise.allSettled([
    batch.add(actor, bad, at),
    batch.add(actor, say('good', seq), at),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  await batch.close();
  expect(await adoption('good', seq)).toMatchObject({ offeredAt: at, activeAt: at });
  expect(await adoption('bad', seq)).toMatchObject({ offeredAt: at, activeAt: null });
});

test('nobody is answered before the batch is committed, and what comes meanwhile is the next batch', async () => {
  const seq = await publish();
  const batch = new ReportBatch(() => 0);
  await batch.add(actor, say('locked', seq), new Date());
  const answered: string[] = [];
  const add = (instanceId: string) =>
    batch.add(actor, say(instanceId, seq), new Date()).then(() => answered.push(instanceId));
  let all: Promise<unknown> = Promise.resolve();
  await db.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM instance WHERE id = 'locked' FOR UPDATE`;
      const early = ['before', 'locked'].map(add);
      await expect.poll(waiting).toBe(1);
      all = Promise.all([...early, add('after')]);
      expect(await db.instance.count({ where: { id: { in: ['before', 'after'] } } })).toBe(0);
      expect(answered).toEqual([]);
    },
    { timeout: 120_000 },
  );
  await all;
  expect(answered.toSorted()).toEqual(['after', 'before', 'locked']);
  expect(await db.instance.count({ where: { id: { in: ['before', 'after'] } } })).toBe(2);
  await batch.close();
});

test('a full batch does not stand in line behind one that waits, and both count once', async () => {
  const seq = await publish();
  const { id: ruleId } = await ruleRow();
  const batch = new ReportBatch(() => 0);
  const lastAt = new Date().toISOString();
  const add = (instanceId: string) =>
    batch.add(
      actor,
      say(instanceId, seq, { hits: [{ ruleId, hits: 1, enforced: 1, lastAt }] }),
      new Date(lastAt),
    );
  const fleet = (name: string) => Array.from({ length: 500 }, (_, index) => `${name}-${index}`);
  await add('first-7');
  let early: Promise<unknown> = Promise.resolve();
  await db.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM instance WHERE id = 'first-7' FOR UPDATE`;
      early = Promise.all(fleet('first').map(add));
      await expect.poll(waiting).toBe(1);
      await Promise.all(fleet('second').map(add));
      expect(await db.instance.count({ where: { id: { startsWith: 'first-' } } })).toBe(1);
    },
    { timeout: 120_000 },
  );
  await early;
  const { _sum, _count } = await db.ruleHit.aggregate({
    where: { mitigationId: ruleId },
    _sum: { hits: true },
    _count: true,
  });
  expect([_sum.hits, _count]).toEqual([1_001n, 1_000]);
  await batch.close();
});

async function waiting(): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return row?.count ?? 0;
}
