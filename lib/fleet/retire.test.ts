import { beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { getLive } from '#lib/live/queries';
import { reportSchema } from '#sdk/report';
import { machine, person } from '../../tests/fixtures.ts';
import { listExpectations, shortfalls } from './expectations.ts';
import { labelsOf } from './label-text.ts';
import { expectInstances, recordReports, retireInstances } from './mutations.ts';
import { getInstance, listInstances } from './queries.ts';

const feed = systemActor('feed');
const SILENT_MS = 26_000;

const says = (instanceId: string, agoMs = 0, more: object = {}) =>
  recordReports(feed, [
    {
      at: new Date(Date.now() - agoMs),
      report: reportSchema.parse({
        instanceId,
        labels: { region: 'eu' },
        sdkVersion: '1',
        activeSeq: 1,
        seq: 1,
        state: 'active',
        ...more,
      }),
    },
  ]);
const retirement = (id: string) => db.event.count({ where: { action: 'fleet.retire', subjectId: id } });
const serving = async () => (await getLive(await person('lead'))).instances.serving;

beforeEach(async () => {
  await db.instance.deleteMany();
  await db.fleetExpectation.deleteMany();
});

test('a silent instance stays however long, until a person says that it is gone; it comes back by speaking', async () => {
  await says('pod-1', 30 * 86_400_000);
  const lead = await person('lead');
  expect((await listInstances(lead)).items.map(({ id, state }) => [id, state])).toEqual([['pod-1', 'gone']]);
  expect(await serving()).toBe(1);
  await retireInstances(lead, { instances: ['pod-1'], reason: 'scaled down' });
  expect(await serving()).toBe(0);
  expect((await listInstances(lead)).total).toBe(0);
  expect(await getInstance(lead, 'pod-1')).toMatchObject({ state: 'retired' });
  const event = await db.event.findFirstOrThrow({ where: { action: 'fleet.retire', subjectId: 'pod-1' } });
  expect(JSON.parse(event.body).data).toMatchObject({ reason: 'scaled down', activeSeq: 1 });
  await says('pod-1');
  expect(await getInstance(lead, 'pod-1')).toMatchObject({ retiredAt: null });
  expect(await serving()).toBe(1);
});

test('what still serves stays, alone and among others; two at once retire it once', async () => {
  const commander = await person('commander');
  await says('speaks');
  await says('silent', SILENT_MS);
  await expect(retireInstances(commander, { instances: ['speaks'], reason: 'x' })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('still serves'),
  });
  const both = { instances: ['silent', 'speaks'], reason: 'x' };
  const tries = await Promise.allSettled([
    retireInstances(commander, both),
    retireInstances(commander, both),
  ]);
  expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect([await retirement('silent'), await retirement('speaks')]).toEqual([1, 0]);
  expect(await serving()).toBe(1);
});

test('is refused: forbidden, not found, gone already', async () => {
  await says('silent', SILENT_MS);
  const input = { instances: ['silent'], reason: 'x' };
  for (const actor of [await person('reviewer'), await person('auditor'), await machine(['feed'])]) {
    await expect(retireInstances(actor, input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(expectInstances(actor, { labels: {}, expected: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    });
  }
  const key = await machine(['respond']);
  await expect(retireInstances(key, { ...input, instances: ['nobody'] })).rejects.toMatchObject({
    code: 'not_found',
  });
  await retireInstances(key, input);
  await expect(retireInstances(key, input)).rejects.toMatchObject({ code: 'conflict' });
});

test('a fleet that shrinks below what is expected is loud; a rolling restart is not', async () => {
  const admin = await person('admin');
  const short = async () => {
    const texts = shortfalls(await listExpectations(admin)).map(({ text }) => text);
    expect((await getLive(admin)).instances.unmet).toBe(texts.length);
    return texts;
  };
  await expectInstances(admin, { labels: { region: 'eu' }, expected: 2 });
  expect(await short()).toEqual([
    expect.stringContaining('0 of 2 expected instances are there for region=eu'),
  ]);
  await says('old-1');
  await says('old-2');
  await says('relay', 0, { kind: 'relay' });
  await says('elsewhere', 0, { labels: { region: 'us' } });
  expect(await short()).toEqual([]);
  // A goodbye, and its successor a moment later.
  await says('old-1', 0, { goodbye: true });
  expect(await short()).toEqual([]);
  await says('new-1');
  expect(await short()).toEqual([]);
  // One that nobody follows, once its moment is over.
  await says('new-1', 0, { goodbye: true });
  await db.instance.updateMany({
    where: { closedAt: { not: null } },
    data: { closedAt: new Date(Date.now() - 61_000) },
  });
  expect(await short()).toEqual([expect.stringContaining('1 of 2')]);
  // Silent is not there.
  await db.instance.updateMany({ data: { lastSeenAt: new Date(Date.now() - SILENT_MS) } });
  expect(await short()).toEqual([expect.stringContaining('0 of 2')]);
  await expectInstances(admin, { labels: { region: 'eu' }, expected: null });
  await expectInstances(admin, { labels: { region: 'eu' }, expected: null });
  expect(await short()).toEqual([]);
  const events = await db.event.findMany({ where: { action: 'fleet.expect' }, orderBy: { id: 'asc' } });
  expect(events.map(({ body }) => JSON.parse(body).data)).toMatchObject([
    { before: null, expected: 2, words: 'region=eu' },
    { before: 2, expected: null },
  ]);
});

test.each([
  ['', {}],
  ['region=eu', { region: 'eu' }],
  [' region = eu , app=ide,', { region: 'eu', app: 'ide' }],
  ['a=b=c', { a: 'b=c' }],
  ['empty=', { empty: '' }],
  ['region', null],
  ['=eu', null],
])('labels as text: %s', (text, labels) => {
  expect(labelsOf(text)).toEqual(labels);
});
