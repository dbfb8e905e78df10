import { beforeEach, expect, test } from 'vitest';
import { claimInteraction } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { checkRow } from '#lib/interactions/batch';
import { blockedByRules } from '#lib/interactions/blocked';
import { ingestInteractions } from '#lib/interactions/mutations';
import { publishMitigation } from '#lib/mitigations/mutations';
import { planSchema } from '#lib/mitigations/plan';
import { queueSummary } from '#lib/reviews/queries';
import { clusterOf, machine, person, ruleRow, sentRow } from '../../tests/fixtures.ts';
import { ruleDesk } from '../../tests/rules.ts';
import { advanceMitigation } from './mutations.ts';
import { sinceLive } from './since-live.ts';

const HOUR = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms);
let sent = 0;

/** Sends one in as a gateway does; answers its id and its item in the queue. */
async function send(meta: Record<string, unknown> | undefined, at = new Date()) {
  sent += 1;
  const row = sentRow(`wave-${sent}`, { occurredAt: at.toISOString(), ...(meta && { meta }) });
  const key = await machine(['ingest']);
  await ingestInteractions(key, [checkRow({ value: row })]);
  const stored = await db.interaction.findFirstOrThrow({
    where: { source: key.source },
    include: { queueItem: true },
  });
  return { id: stored.id, item: stored.queueItem ?? expect.unreachable() };
}

const live = (overrides: Parameters<typeof ruleRow>[0] = {}) =>
  ruleRow({ state: 'live', stage: 'full', publishedAt: ago(HOUR), publishedSeq: 1, ...overrides });
const blocked = (number: number) => ({ verdict: 'block', rules: [`R-${number}`] });

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

test('what a live rule blocked leaves the queue, is counted, and nobody is served it', async () => {
  const rule = await live();
  const stopped = await send(blocked(rule.number));
  expect(stopped.item).toMatchObject({ state: 'blocked', blockedById: rule.id });
  const served = await send(undefined);
  expect(served.item).toMatchObject({ state: 'pending', blockedById: null });
  const reviewer = await person('reviewer');
  expect(await queueSummary(reviewer)).toMatchObject({ pending: 1, blocked: 1 });
  await expect(claimInteraction(reviewer, { interactionId: stopped.id })).rejects.toMatchObject({
    code: 'conflict',
  });
});

test.each<[string, Parameters<typeof ruleRow>[0], ((number: number) => Record<string, unknown>)?]>([
  ['a draft', { state: 'draft', publishedAt: null }],
  ['a rule in shadow', { stage: 'shadow' }],
  ['a rule that only counts', { mode: 'shadow' }],
  ['a rule that flags', { action: 'flag' }],
  ['a rule that went live later', { publishedAt: new Date(Date.now() + HOUR) }],
  ['a rule that had ended', { state: 'withdrawn', endedAt: ago(HOUR / 2) }],
  ['a rule of no such number', {}, () => blocked(999_999)],
  ['an answer that was allowed', {}, (number) => ({ verdict: 'allow', rules: [`R-${number}`] })],
  ['words of another form', {}, (number) => ({ verdict: 'block', rules: `R-${number}` })],
])('a source cannot hide by naming %s', async (_, overrides, meta = blocked) => {
  const rule = await live(overrides);
  expect((await send(meta(rule.number))).item).toMatchObject({ state: 'pending', blockedById: null });
});

test.each([
  [{ verdict: 'block', rules: ['R-4', 'R-12', 'x', 'R-', 'R-99999999999'] }, [4, 12]],
  [{ verdict: 'block', rules: [] }, []],
  [{ verdict: 'BLOCK', rules: ['R-4'] }, []],
  [null, []],
  ['block', []],
])('rules named by %j', (meta, numbers) => {
  expect(blockedByRules(meta)).toEqual(numbers);
});

test('is it over: served and blocked since live, for rule, incident and cluster', async () => {
  const rule = await live();
  const reader = await person('commander');
  const before = await send(undefined, ago(2 * HOUR));
  const rows = [
    before,
    await send(undefined),
    await send(blocked(rule.number)),
    await send(blocked(rule.number)),
  ];
  const other = await send(undefined);
  const cluster = await clusterOf(rows.map(({ id }) => id));
  await clusterOf([other.id]);
  await db.incidentInteraction.create({ data: { incidentId: rule.incidentId, interactionId: before.id } });
  const minute = new Date(Math.floor(Date.now() / 60_000) * 60_000);
  await db.ruleHitMinute.create({ data: { mitigationId: rule.id, minute, hits: 9, enforced: 7 } });
  const earlier = new Date(minute.getTime() - 10 * 60_000);
  await db.ruleHitMinute.create({
    data: { mitigationId: rule.id, minute: earlier, hits: 5, enforced: 4 },
  });
  const long = new Date(minute.getTime() - 70 * 60_000);
  await db.ruleHitMinute.create({ data: { mitigationId: rule.id, minute: long, hits: 5, enforced: 5 } });
  for (const of of [{ mitigationId: rule.id }, { incidentId: rule.incidentId }, { clusterId: cluster.id }]) {
    expect(await sinceLive(reader, of)).toMatchObject({
      rules: [`R-${rule.number}`],
      served: 1,
      blocked: 2,
      servedPerMinute: 0.2,
      blockedPerMinute: 0.4,
      acted: 11,
      lastServedAt: expect.any(Date),
    });
  }
  // Another rule of the incident stopped none of it, and does not say that it holds.
  const idle = await live({ incidentId: rule.incidentId, publishedAt: ago(HOUR / 2) });
  expect(await sinceLive(reader, { mitigationId: idle.id })).toMatchObject({ blocked: 0, acted: 0 });
  await db.mitigation.update({ where: { id: idle.id }, data: { state: 'withdrawn' } });
  const { minutes = [] } = (await sinceLive(reader, { mitigationId: rule.id })) ?? {};
  const sum = (name: 'served' | 'blocked' | 'acted') =>
    minutes.reduce((total, each) => total + each[name], 0);
  expect([sum('served'), sum('blocked'), sum('acted')]).toEqual([1, 2, 11]);
  expect(minutes.find(({ at }) => at.getTime() === earlier.getTime())).toMatchObject({ acted: 4 });
  // No minute is left out, an hour at most, and never from before it went live.
  expect(
    minutes.every(({ at }, place) => at.getTime() === (minutes[0]?.at.getTime() ?? 0) + place * 60_000),
  ).toBe(true);
  expect(minutes).toHaveLength(60);
  await db.mitigation.update({ where: { id: rule.id }, data: { publishedAt: ago(3 * 60_000) } });
  const young = await sinceLive(reader, { mitigationId: rule.id });
  expect(young?.minutes.length).toBeGreaterThanOrEqual(4);
  expect(young?.minutes.length).toBeLessThanOrEqual(5);
  await db.mitigation.update({ where: { id: rule.id }, data: { stage: 'shadow' } });
  expect(await sinceLive(reader, { mitigationId: rule.id })).toBeNull();
  const later = { stage: 'full', startsAt: new Date(Date.now() + HOUR) };
  await db.mitigation.update({ where: { id: rule.id }, data: later });
  expect(await sinceLive(reader, { mitigationId: rule.id })).toBeNull();
  await db.mitigation.update({ where: { id: rule.id }, data: { state: 'withdrawn', stage: 'full' } });
  expect(await sinceLive(reader, { incidentId: rule.incidentId })).toBeNull();
  expect(await sinceLive(reader, { mitigationId: newId() })).toBeNull();
  await expect(sinceLive(await machine(['ingest']), { mitigationId: rule.id })).rejects.toMatchObject({
    code: 'forbidden',
  });
});

test('what was served while a rule was in shadow is none of what it let through', async () => {
  const { ana, approved } = await ruleDesk();
  const { id, ref } = await approved({ plan: planSchema.parse({ shadowSeconds: 60, canarySeconds: 60 }) });
  await publishMitigation(ana, { mitigation: ref });
  expect(await sinceLive(ana, { mitigationId: id })).toBeNull();
  for (const to of ['canary', 'full'] as const) await advanceMitigation(ana, { mitigation: ref, to });
  const { since } = (await sinceLive(ana, { mitigationId: id })) ?? expect.unreachable();
  const out = await db.event.findFirstOrThrow({
    where: { subjectId: id, action: 'mitigation.advance' },
    orderBy: { id: 'asc' },
  });
  expect(since).toEqual(out.occurredAt);
});
