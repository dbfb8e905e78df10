import { expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { reportSchema } from '#sdk/report';
import { person } from '../../tests/fixtures.ts';
import { forgetInstances, KEPT_DAYS, recordReports } from './mutations.ts';

const worker = systemActor('fleet housekeeping');
const DAY = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY);

async function published(seq: number, cause: string, days: number) {
  const signed = { payload: '{}', signature: '', keyId: '', rules: 0, expiresAt: new Date() };
  await db.ruleset.create({ data: { seq, cause, publishedAt: daysAgo(days), ...signed } });
}

/** As it spoke so many days ago, with every kind of counter. */
function said(instanceId: string, seq: number, days: number) {
  const streams = { streams: 1, chunks: 1, released: 1, unscanned: 0, blocked: 0 };
  const coverage = [{ contract: 'portkey', phase: 'request', calls: 1, streamed: 0, unseen: 0 }];
  const words = { labels: {}, sdkVersion: '1', activeSeq: seq, seq, state: 'active', decisions: 1 };
  return { at: daysAgo(days), report: reportSchema.parse({ instanceId, ...words, streams, coverage }) };
}

test('drops who left a month ago and who took old renewals; proofs of publishes stay, and it happens once', async () => {
  await published(1, 'publish R-1', KEPT_DAYS + 2);
  await published(2, 'renew', KEPT_DAYS + 1);
  await published(3, 'renew', 1);
  await recordReports(systemActor('feed'), [
    said('silent', 1, KEPT_DAYS + 2),
    said('silent', 2, KEPT_DAYS + 1),
    said('speaks', 2, KEPT_DAYS + 1),
    said('speaks', 3, KEPT_DAYS - 1),
  ]);
  // Silence alone is no end: it may still serve.
  await recordReports(systemActor('feed'), [said('mute', 1, KEPT_DAYS + 2)]);
  const leaves = said('silent', 2, KEPT_DAYS + 1);
  await recordReports(systemActor('feed'), [{ ...leaves, report: { ...leaves.report, goodbye: true } }]);
  const forgotten = await Promise.all([forgetInstances(worker), forgetInstances(worker)]);
  const sum = (of: 'instances' | 'adoptions') => forgotten.reduce((all, one) => all + one[of], 0);
  expect([sum('instances'), sum('adoptions')]).toEqual([1, 2]);
  await db.streamTally.deleteMany({ where: { instanceId: 'mute' } });
  await db.coverage.deleteMany({ where: { instanceId: 'mute' } });
  await db.adoption.deleteMany({ where: { instanceId: 'mute' } });
  const names = (rows: { instanceId: string }[]) => rows.map((row) => row.instanceId);
  expect((await db.instance.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => id)).toEqual([
    'mute',
    'speaks',
  ]);
  expect(names(await db.streamTally.findMany())).toEqual(['speaks']);
  expect(names(await db.coverage.findMany())).toEqual(['speaks']);
  const adoptions = await db.adoption.findMany({ orderBy: { seq: 'asc' } });
  expect(adoptions.map(({ seq, instanceId }) => [seq, instanceId])).toEqual([
    [1, 'silent'],
    [3, 'speaks'],
  ]);
  const events = await db.event.findMany({ where: { action: 'fleet.forget' } });
  const told = events.map(({ body }) => JSON.parse(body).data);
  expect(told.reduce((all, { instances }) => all + instances, 0)).toBe(1);
  await forgetInstances(worker);
  expect(await db.event.count({ where: { action: 'fleet.forget' } })).toBe(events.length);
});

test('is not for people', async () => {
  await expect(forgetInstances(await person('admin'))).rejects.toMatchObject({ code: 'forbidden' });
});
