import { beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { publishSnapshot } from '#lib/rulesets/publish';
import { type Report, reportSchema } from '#sdk/report';
import { machine, person, ruleRow } from '../../tests/fixtures.ts';
import { confirmEnforced, recordReports } from './mutations.ts';

const feed = systemActor('feed');
let seq: number;

/** An empty fleet, and a fresh ruleset. */
beforeEach(async () => {
  await db.instance.deleteMany();
  seq = await db.$transaction((tx) => publishSnapshot(tx, 'test'));
});

function said(instanceId: string, report: Partial<Report> = {}, at = new Date()) {
  return {
    at,
    report: reportSchema.parse({
      instanceId,
      labels: {},
      sdkVersion: '0.1.0',
      activeSeq: seq,
      seq,
      state: 'active' as const,
      decisions: 0,
      hits: [],
      ...report,
    }),
  };
}

const liveMitigation = (publishedSeq: number) => ruleRow({ publishedSeq });

const events = (action: string, subjectId: string) =>
  db.event.findMany({ where: { action, subjectId }, orderBy: { id: 'asc' } });

test('an instance joins once, by the key that spoke for it; heartbeats leave no event', async () => {
  const key = await machine(['feed']);
  for (let beat = 0; beat < 3; beat++) await recordReports(key, [said('joins-once')]);
  const joined = await events('fleet.join', 'joins-once');
  expect(joined).toHaveLength(1);
  expect(joined[0]).toMatchObject({ actorKind: 'key', actorId: key.id, subjectType: 'instance' });
  expect(await db.event.count({ where: { subjectId: 'joins-once' } })).toBe(1);
});

test('a failure is kept once, in the incident whose rule could not be loaded', async () => {
  const { incidentId } = await liveMitigation(seq);
  const failed = said('fails', {
    activeSeq: seq - 1,
    state: 'failed',
    reason: 'Vector mustMatch 1 is not hit.',
  });
  await recordReports(feed, [failed, failed]);
  await recordReports(feed, [failed]);
  const kept = await events('fleet.fail', 'fails');
  expect(kept).toHaveLength(1);
  expect(kept[0]).toMatchObject({ incidentId, incidentSeq: 1 });
  expect(JSON.parse(kept[0]?.body ?? '').data).toMatchObject({
    seq,
    reason: 'Vector mustMatch 1 is not hit.',
  });
});

test('a failure whose number could not be trusted is about the newest ruleset', async () => {
  await recordReports(feed, [
    said('unsigned', { activeSeq: 0, seq: 0, state: 'failed', reason: 'signature' }),
  ]);
  expect(JSON.parse((await events('fleet.fail', 'unsigned'))[0]?.body ?? '').data).toMatchObject({ seq });
});

test('enforced is said once, when the last connected instance has it, with how long it took', async () => {
  const { incidentId } = await liveMitigation(seq);
  const { publishedAt } = await db.ruleset.findUniqueOrThrow({ where: { seq } });
  const after = (ms: number) => new Date(publishedAt.getTime() + ms);
  const names = ['all-1', 'all-2', 'all-3'];
  const offers = names.map((instanceId) => ({ instanceId, seq, at: after(10) }));
  await recordReports(feed, [said('all-1', {}, after(100)), said('all-2', {}, after(200))], offers);
  await recordReports(feed, [said('all-3', { activeSeq: seq - 1, seq: seq - 1 }, after(210))]);
  expect(await confirmEnforced(feed)).toBeLessThan(seq);
  expect(await events('fleet.enforced', String(seq))).toHaveLength(0);

  await recordReports(feed, [said('all-3', {}, after(240))]);
  await Promise.all([confirmEnforced(feed), confirmEnforced(feed)]);
  expect(await confirmEnforced(feed)).toBe(seq);
  const kept = await events('fleet.enforced', String(seq));
  expect(kept).toHaveLength(1);
  expect(kept[0]?.incidentId).toBe(incidentId);
  expect(JSON.parse(kept[0]?.body ?? '').data).toMatchObject({
    seq,
    active: 3,
    instances: 3,
    silent: 0,
    p50Ms: 200,
    p99Ms: null,
    lastActiveMs: 240,
  });
});

test('a ruleset superseded at once is never called enforced: its receipts are counted, not those of the next', async () => {
  const { incidentId } = await liveMitigation(seq);
  const overtaken = seq;
  await recordReports(feed, [said('took-both')]);
  seq = await db.$transaction((tx) => publishSnapshot(tx, 'test'));
  const { incidentId: other } = await liveMitigation(seq);
  const never = seq;
  seq = await db.$transaction((tx) => publishSnapshot(tx, 'test'));
  await recordReports(feed, [said('took-last')]);
  // One that is still on the first may yet confirm the second.
  await confirmEnforced(feed);
  expect(await events('fleet.superseded', String(never))).toHaveLength(0);
  await recordReports(feed, [said('took-both')]);
  await Promise.all([confirmEnforced(feed), confirmEnforced(feed)]);
  expect(await confirmEnforced(feed)).toBe(seq);
  for (const each of [overtaken, never]) expect(await events('fleet.enforced', String(each))).toHaveLength(0);
  const superseded = async (each: number) =>
    (await events('fleet.superseded', String(each))).map(({ incidentId, body }) => [
      incidentId,
      JSON.parse(body).data,
    ]);
  expect(await superseded(overtaken)).toMatchObject([[incidentId, { by: never, active: 1, instances: 1 }]]);
  expect(await superseded(never)).toMatchObject([[other, { by: seq, active: 0 }]]);
  expect(await events('fleet.enforced', String(seq))).toHaveLength(1);
});

test('who never confirms the superseded one keeps its history open for a moment only', async () => {
  await recordReports(feed, [said('stuck', { activeSeq: 0, seq, state: 'failed', reason: 'no' })]);
  const overtaken = seq;
  seq = await db.$transaction((tx) => publishSnapshot(tx, 'test'));
  await confirmEnforced(feed);
  expect(await events('fleet.superseded', String(overtaken))).toHaveLength(0);
  await db.$executeRaw`ALTER TABLE ruleset DISABLE TRIGGER USER`;
  await db.$executeRaw`UPDATE ruleset SET published_at = published_at - interval '16 seconds'`;
  await db.$executeRaw`ALTER TABLE ruleset ENABLE TRIGGER USER`;
  await confirmEnforced(feed);
  const [event] = await events('fleet.superseded', String(overtaken));
  expect(JSON.parse(event?.body ?? '{}').data).toMatchObject({ active: 0, instances: 1, failed: 1 });
});

test('a silent instance is counted in the proof, and as silent', async () => {
  await recordReports(feed, [said('quiet', { activeSeq: 0, seq: 0 }, new Date(Date.now() - 60_000))]);
  await recordReports(feed, [said('relay', { kind: 'relay', activeSeq: 0, seq: 0 }), said('speaks')]);
  await confirmEnforced(feed);
  const [event] = await events('fleet.enforced', String(seq));
  expect(JSON.parse(event?.body ?? '{}').data).toMatchObject({ active: 1, instances: 2, silent: 1 });
});

test('goodbye ends an instance and leaves an event; whoever speaks again has joined again', async () => {
  await recordReports(feed, [said('leaves')]);
  await recordReports(feed, [said('leaves', { goodbye: true })]);
  expect(await db.instance.findUnique({ where: { id: 'leaves' } })).toMatchObject({
    closedAt: expect.any(Date),
  });
  expect(await events('fleet.leave', 'leaves')).toHaveLength(1);
  await recordReports(feed, [said('leaves')]);
  expect(await db.instance.findUnique({ where: { id: 'leaves' } })).toMatchObject({ closedAt: null });
  expect(await events('fleet.join', 'leaves')).toHaveLength(2);
});

test('nobody connected: nothing is called enforced', async () => {
  expect(await confirmEnforced(feed)).toBe(0);
  expect(await events('fleet.enforced', String(seq))).toHaveLength(0);
});

test('an older report does not undo a newer one', async () => {
  const now = Date.now();
  await recordReports(feed, [said('ordered', {}, new Date(now))]);
  await recordReports(feed, [said('ordered', { activeSeq: seq - 1 }, new Date(now - 1_000))]);
  expect((await db.instance.findUniqueOrThrow({ where: { id: 'ordered' } })).activeSeq).toBe(seq);
});

test('people and keys without the scope may not report', async () => {
  const none = { code: 'forbidden' };
  await expect(recordReports(await person('admin'), [said('no')])).rejects.toMatchObject(none);
  await expect(recordReports(await machine(['respond']), [said('no')])).rejects.toMatchObject(none);
  await expect(confirmEnforced(await machine(['export']))).rejects.toMatchObject(none);
  expect(await db.instance.count({ where: { id: 'no' } })).toBe(0);
});

test('an event that cannot be written takes the whole batch back', async () => {
  // Event bodies are text: a label the database refuses inside one fails the join and so the report.
  await expect(recordReports(feed, [said('refused', { labels: { zone: '\0' } })])).rejects.toThrow();
  expect(await db.instance.count({ where: { id: 'refused' } })).toBe(0);
});
