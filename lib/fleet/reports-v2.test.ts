import { beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { publishSnapshot } from '#lib/rulesets/publish';
import { type Report, reportSchema } from '#sdk/report';
import { ruleRow } from '../../tests/fixtures.ts';
import { recordReports } from './mutations.ts';

const feed = systemActor('feed');
let seq: number;
let publishedAt: Date;

beforeEach(async () => {
  seq = await db.$transaction((tx) => publishSnapshot(tx, 'test'));
  ({ publishedAt } = await db.ruleset.findUniqueOrThrow({ where: { seq } }));
});

const after = (ms: number) => new Date(publishedAt.getTime() + ms);

function said(instanceId: string, at: Date, report: Partial<Report> = {}) {
  const base = { instanceId, sdkVersion: '1', activeSeq: seq, seq, state: 'active' };
  return { at, report: reportSchema.parse({ ...base, ...report }) };
}

const adoptionOf = (instanceId: string) =>
  db.adoption.findUniqueOrThrow({ where: { seq_instanceId: { seq, instanceId } } });
const breakerEvents = async (subjectId: string) =>
  (await db.event.findMany({ where: { action: 'fleet.breaker', subjectId }, orderBy: { id: 'asc' } })).map(
    (event) => ({ ...event, data: JSON.parse(event.body).data }),
  );

test('steps are laid back from the arrival, and never before the publish', async () => {
  const steps = { verifiedMs: 2, compiledMs: 30, testedMs: 45, activeMs: 50 };
  await recordReports(feed, [said('steps', after(400), { steps })]);
  expect(await adoptionOf('steps')).toMatchObject({
    verifiedAt: after(352),
    compiledAt: after(380),
    testedAt: after(395),
    activeAt: after(400),
  });
  const absurd = { verifiedMs: 0, compiledMs: 0, testedMs: 0, activeMs: 600_000 };
  await recordReports(feed, [said('absurd', after(400), { steps: absurd })]);
  expect((await adoptionOf('absurd')).verifiedAt).toEqual(publishedAt);
  // The next heartbeat carries none and must not wipe what is known.
  await recordReports(feed, [said('steps', after(10_000))]);
  expect((await adoptionOf('steps')).testedAt).toEqual(after(395));
});

test('a hit counted before the ruleset was active is not its first hit', async () => {
  const { id: ruleId } = await ruleRow();
  const hit = (at: Date) => [{ ruleId, hits: 1, enforced: 1, lastAt: at.toISOString() }];
  await recordReports(feed, [said('first', after(100), { hits: hit(after(50)) })]);
  expect((await adoptionOf('first')).firstHitAt).toBeNull();
  await recordReports(feed, [
    said('first', after(300), { hits: hit(after(250)) }),
    said('first', after(400), { hits: hit(after(350)) }),
  ]);
  await recordReports(feed, [said('first', after(500), { hits: hit(after(450)) })]);
  expect((await adoptionOf('first')).firstHitAt).toEqual(after(250));
});

test('a breaker is told when it opens and when it closes, once, in the incident of its rule', async () => {
  const { id: ruleId, incidentId } = await ruleRow();
  const open = {
    ruleId: ruleId.toUpperCase(),
    reason: '40 of 50 decisions hit',
    since: after(10).toISOString(),
  };
  const opened = said('breaks', after(20), { breakers: [open] });
  // Two feeds are handed the same report at once, and the instance says it again with the next heartbeat.
  await Promise.all([recordReports(feed, [opened]), recordReports(feed, [opened])]);
  await recordReports(feed, [said('breaks', after(30), { breakers: [open] })]);
  expect(await breakerEvents('breaks')).toMatchObject([
    { incidentId, data: { isOpen: true, ruleId, reason: '40 of 50 decisions hit' } },
  ]);
  // A late report from before must not close it.
  await recordReports(feed, [said('breaks', after(5))]);
  expect(await breakerEvents('breaks')).toHaveLength(1);
  await recordReports(feed, [said('breaks', after(40))]);
  await recordReports(feed, [said('breaks', after(50))]);
  expect((await breakerEvents('breaks')).map((event) => event.data.isOpen)).toEqual([true, false]);
  expect((await db.instance.findUniqueOrThrow({ where: { id: 'breaks' } })).breakers).toEqual([]);
});

/** Transactions of this database that wait for a lock. */
async function waiting(): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return row?.count ?? 0;
}

test('two feeds at once, each with the whole fleet in its own order: no deadlock, and every sum is exact', async () => {
  const rules = await Promise.all([ruleRow(), ruleRow(), ruleRow()]);
  const names = Array.from({ length: 60 }, (_, index) => `both-${index}`);
  const streams = { streams: 1, chunks: 10, released: 1_000, unscanned: 0, blocked: 1 };
  const coverage = (['request', 'response'] as const).map((phase) => ({
    contract: 'portkey',
    phase,
    calls: 2,
    streamed: 1,
    unseen: 1,
  }));
  const at = after(1_000);
  const since = at.toISOString();
  const batch = (round: number) => {
    const shuffled = round % 2 === 0 ? names : names.toReversed();
    return shuffled.map((name, index) => {
      const inOrder = (index + round) % 2 === 0 ? rules : rules.toReversed();
      const hits = inOrder.map(({ id }) => ({ ruleId: id, hits: 3, enforced: 2, lastAt: since }));
      const breakers = inOrder.slice(round % 3).map(({ id }) => ({ ruleId: id, reason: 'too often', since }));
      return said(name, at, { decisions: 5, hits, streams, coverage, breakers });
    });
  };
  const before = await db.decisionMinute.aggregate({ _sum: { decisions: true } });
  await recordReports(feed, batch(0));
  for (let round = 1; round < 6; round++) {
    // Both are stopped in the middle of the fleet, so that each holds what it took before: unless they take the
    // rows in one order, each then holds what the other needs.
    const both: Promise<unknown>[] = [];
    await db.$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT 1 FROM instance WHERE id = ${'both-30'} FOR UPDATE`;
        both.push(recordReports(feed, batch(round)), recordReports(feed, batch(round + 1)));
        await expect.poll(waiting).toBe(2);
      },
      { timeout: 120_000 },
    );
    await Promise.all(both);
  }
  const reports = 11 * names.length;
  const decisions = await db.decisionMinute.aggregate({ _sum: { decisions: true } });
  expect(Number(decisions._sum.decisions) - Number(before._sum.decisions ?? 0n)).toBe(5 * reports);
  for (const { id } of rules) {
    const [total, minutes] = await Promise.all([
      db.ruleHit.aggregate({ where: { mitigationId: id }, _sum: { hits: true, enforced: true } }),
      db.ruleHitMinute.aggregate({ where: { mitigationId: id }, _sum: { hits: true, enforced: true } }),
    ]);
    const sums = { hits: BigInt(3 * reports), enforced: BigInt(2 * reports) };
    expect([total._sum, minutes._sum]).toEqual([sums, sums]);
  }
  expect(await db.streamTally.findUnique({ where: { instanceId: 'both-7' } })).toMatchObject({
    streams: 11n,
    released: 11_000n,
    unscanned: 0n,
    blocked: 11n,
  });
  expect(await db.coverage.findMany({ where: { instanceId: 'both-7' } })).toMatchObject([
    { calls: 22n, streamed: 11n, unseen: 11n },
    { calls: 22n, streamed: 11n, unseen: 11n },
  ]);
});
