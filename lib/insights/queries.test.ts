import { expect, it } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { flagged, person } from '../../tests/fixtures.ts';
import { getBacklog, getFlow, getForecast, getSpeed } from './queries.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ago = (ms: number) => new Date(Date.now() - ms);

async function item(data: {
  receivedAt: Date;
  dueAt?: Date;
  firstClaimedAt?: Date;
  decidedAt?: Date;
  queueId?: string;
  stage?: string;
  severity?: string;
  category?: string;
}): Promise<string> {
  const { severity, category, ...rest } = data;
  const id = await flagged({ severity, category });
  await db.queueItem.update({
    where: { interactionId: id },
    data: { ...rest, ...(rest.decidedAt && { state: 'decided', verdict: 'benign' }) },
  });
  return id;
}

it('is for leads, commanders, auditors and admins', async () => {
  const reviewer = await person('reviewer');
  const asked = [getFlow(reviewer, { window: 'day' }), getBacklog(reviewer), getForecast(reviewer)];
  for (const each of [...asked, getSpeed(reviewer, { window: 'day' })]) {
    await expect(each).rejects.toMatchObject({ code: 'forbidden' });
  }
});

it('says nothing, and fails at nothing, where there is nothing', async () => {
  const lead = await person('lead');
  const { flow, flagged: none } = await getFlow(lead, { window: 'day' });
  expect(flow).toHaveLength(24);
  expect(flow.every(({ arrived, decided }) => arrived === 0 && decided === 0)).toBe(true);
  expect(none).toEqual([]);
  expect(await getSpeed(lead, { window: 'month' })).toMatchObject({ decided: 0, total: { p50: null } });
  expect(await getForecast(lead)).toMatchObject({
    late: 0,
    firstMissMs: null,
    clearedMs: 0,
    decidedPerHour: 0,
  });
  expect(await getBacklog(lead)).toMatchObject([{ key: 'default', pending: 0, p50: null, oldest: null }]);
});

it('counts what was counted by hand', async () => {
  const lead = await person('lead');
  const hour = Math.floor(Date.now() / HOUR) * HOUR;
  // A millisecond before and at a full hour of UTC; tests run in a zone with a half-hour offset.
  const [before, at] = [new Date(hour - 5 * HOUR - 1), new Date(hour - 5 * HOUR)];
  await item({
    receivedAt: before,
    category: 'malware',
    severity: 'critical',
    decidedAt: at,
    firstClaimedAt: before,
  });
  await item({ receivedAt: at, category: 'malware', severity: 'low' });
  await item({ receivedAt: at, category: 'malware', severity: 'low' });
  await item({ receivedAt: at, category: 'exploit', severity: 'low' });
  await item({ receivedAt: ago(40 * HOUR), category: 'exploit', severity: 'low' });

  const { flow, flagged: kinds } = await getFlow(lead, { window: 'day' });
  const iso = (ms: number) => new Date(ms).toISOString();
  expect(flow.filter(({ arrived, decided }) => arrived + decided > 0)).toEqual([
    { at: iso(hour - 6 * HOUR), arrived: 1, decided: 0 },
    { at: iso(hour - 5 * HOUR), arrived: 3, decided: 1 },
  ]);
  expect(kinds).toEqual([
    { at: iso(hour - 6 * HOUR), category: 'malware', severity: 'critical', count: 1 },
    { at: iso(hour - 5 * HOUR), category: 'exploit', severity: 'low', count: 1 },
    { at: iso(hour - 5 * HOUR), category: 'malware', severity: 'low', count: 2 },
  ]);
  const week = await getFlow(lead, { window: 'week' });
  expect(week.flow.every(({ at: start }) => Date.parse(start) % (6 * HOUR) === 0)).toBe(true);
  expect(week.flow.reduce((sum, { arrived }) => sum + arrived, 0)).toBe(5);
  expect(
    (await getFlow(lead, { window: 'month' })).flow.every(({ at: start }) =>
      start.endsWith('T00:00:00.000Z'),
    ),
  ).toBe(true);
});

it('backlog: nearest-rank ages by queue, to the minute', async () => {
  const lead = await person('lead');
  const queueId = newId();
  await db.queue.create({ data: { id: queueId, key: 'ages', name: 'Ages', position: 1 } });
  // Ten items, 10 to 100 minutes old: the fifth is 50, the ninth 90, the tenth 100. Three are overdue.
  for (let index = 1; index <= 10; index += 1) {
    const dueAt = index <= 3 ? ago(MINUTE) : new Date(Date.now() + HOUR);
    await item({ queueId, receivedAt: ago(index * 10 * MINUTE), dueAt });
  }
  await item({ queueId, receivedAt: ago(500 * MINUTE), decidedAt: ago(0) });
  const found = (await getBacklog(lead)).find(({ key }) => key === 'ages');
  expect(found).toMatchObject({ name: 'Ages', pending: 10, overdue: 3 });
  const minutes = [found?.p50, found?.p90, found?.p99].map((ms) => Math.floor((ms ?? 0) / MINUTE));
  // Ages count from the beginning of the minute of arrival, so they may be up to a minute more.
  expect(
    minutes.map((value, index) => value - ([50, 90, 100][index] ?? 0)).every((off) => off === 0 || off === 1),
  ).toBe(true);
  expect(Math.floor((found?.oldest ?? 0) / MINUTE)).toBe(100);
});

it('speed: nearest-rank times from arrival to claim to decision', async () => {
  await db.queueItem.deleteMany();
  const lead = await person('lead');
  // Claimed after 1 to 10 minutes, decided two minutes later.
  for (let index = 1; index <= 10; index += 1) {
    const receivedAt = ago(3 * HOUR);
    const firstClaimedAt = new Date(receivedAt.getTime() + index * MINUTE);
    await item({ receivedAt, firstClaimedAt, decidedAt: new Date(firstClaimedAt.getTime() + 2 * MINUTE) });
  }
  await item({ receivedAt: ago(90 * HOUR), firstClaimedAt: ago(80 * HOUR), decidedAt: ago(70 * HOUR) });
  // Decided with others in a batch, never claimed: it counts from arrival to decision only.
  await item({ receivedAt: ago(2 * HOUR), decidedAt: ago(HOUR) });
  expect(await getSpeed(lead, { window: 'day' })).toEqual({
    decided: 11,
    toClaim: { p50: 5 * MINUTE, p90: 9 * MINUTE, p99: 10 * MINUTE },
    toDecision: { p50: 2 * MINUTE, p90: 2 * MINUTE, p99: 2 * MINUTE },
    total: { p50: 8 * MINUTE, p90: 12 * MINUTE, p99: expect.closeTo(HOUR, -2) },
  });
});

it('forecast: the rate is of people, item by item, and leads’ items are left out', async () => {
  await db.queueItem.deleteMany();
  const lead = await person('lead');
  const old = ago(5 * HOUR);
  const batchId = newId();
  await db.reviewBatch.create({ data: { id: batchId, kind: 'cluster', verdict: 'benign', count: 1 } });
  const review = (interactionId: string, batch: string | null) =>
    db.review.create({
      data: {
        id: newId(),
        interactionId,
        reviewerId: lead.id,
        verdict: 'benign',
        timeSpentMs: 1,
        batchId: batch,
      },
    });
  for (let index = 0; index < 4; index += 1)
    await review(await item({ receivedAt: old, decidedAt: ago(MINUTE) }), null);
  await review(await item({ receivedAt: old, decidedAt: ago(MINUTE) }), batchId);
  await item({ receivedAt: old, decidedAt: ago(MINUTE) });
  const due = (ms: number, stage = 'review', severity = 'high') =>
    item({ receivedAt: old, dueAt: new Date(Date.now() + ms), stage, severity });
  // Ten due in two hours at four an hour: two are late. One is overdue and comes first, so three.
  for (let index = 0; index < 10; index += 1) await due(2 * HOUR - MINUTE);
  await due(-HOUR);
  await due(HOUR, 'adjudication');
  const found = await getForecast(lead);
  expect(found).toMatchObject({ decidedPerHour: 4, arrivedPerHour: { high: 0 }, late: 3 });
  expect(found.bySeverity.find(({ severity }) => severity === 'high')).toMatchObject({
    pending: 11,
    overdue: 1,
    late: 3,
  });
  expect(found.firstMissMs).toBe(2 * HOUR);
});
