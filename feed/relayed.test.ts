import { afterAll, beforeAll, expect, test } from 'vitest';
import { db } from '#lib/db';
import { type Feed, startFeed } from './server.ts';
import { ask, feedKey, publish } from './testing/client.ts';

let feed: Feed;
let key: string;
let seq: number;
beforeAll(async () => {
  key = await feedKey();
  seq = await publish();
  feed = await startFeed({ port: 0, host: '127.0.0.1' });
});
afterAll(() => feed.close());

test('a relay’s batch is stored as if each had spoken itself, earlier, and says through whom', async () => {
  const report = { sdkVersion: '1', seq, activeSeq: seq, state: 'active', decisions: 3 };
  const reports = [
    { ageMs: 60_000, report: { ...report, instanceId: 'behind-old' } },
    { ageMs: 0, report: { ...report, instanceId: 'behind-new' } },
    { ageMs: 0, report: { ...report, instanceId: 'relay-1', kind: 'relay', decisions: 0 } },
  ];
  const body = JSON.stringify({ relayId: 'relay-1', reports });
  const response = await ask(feed.port, key, '/v1/reports', { method: 'POST', body });
  expect(await response.json()).toEqual({ seq });
  const stored = await db.instance.findMany({ orderBy: { id: 'asc' } });
  expect(stored).toMatchObject([
    { id: 'behind-new', kind: 'sdk', via: 'relay-1' },
    { id: 'behind-old', kind: 'sdk', via: 'relay-1' },
    { id: 'relay-1', kind: 'relay', via: null },
  ]);
  const [newer, older] = stored;
  expect(Number(newer?.lastSeenAt) - Number(older?.lastSeenAt)).toBe(60_000);
  expect((await db.decisionMinute.aggregate({ _sum: { decisions: true } }))._sum.decisions).toBe(6n);
});

test('one bad report refuses the batch by name, and nothing of it is counted', async () => {
  const before = await db.instance.count();
  const reports = [
    { ageMs: 0, report: { instanceId: 'x', sdkVersion: '1', seq: 2 ** 40, activeSeq: 0, state: 'active' } },
  ];
  const body = JSON.stringify({ relayId: 'relay-1', reports });
  expect((await ask(feed.port, key, '/v1/reports', { method: 'POST', body })).status).toBe(400);
  expect(await db.instance.count()).toBe(before);
});
