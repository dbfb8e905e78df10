import { beforeEach, expect, test } from 'vitest';
import { until } from '#bin/testing/run';
import { db } from '#lib/db';
import { publishMitigation, withdrawMitigation } from '#lib/mitigations/mutations';
import { planSchema } from '#lib/mitigations/plan';
import { advanceDue, advanceMitigation } from '#lib/rollouts/mutations';
import { machine } from '../../tests/fixtures.ts';
import { newestSnapshot, ruleDesk } from '../../tests/rules.ts';
import { lockPublishing } from './lock.ts';
import { rollBackRuleset } from './mutations.ts';
import { previewRestoration } from './preview.ts';

const { ana, bo, auditor, incident, approved, live, lastEvent } = await ruleDesk();
const ids = async () => (await newestSnapshot()).rules.map(({ id }) => id);

beforeEach(async () => {
  await db.mitigation.updateMany({ where: { state: 'live' }, data: { state: 'withdrawn' } });
});

test('the content of an earlier snapshot becomes the next: what came since ends, what was withdrawn is back', async () => {
  const first = await live();
  const good = first.seq;
  await withdrawMitigation(bo, { mitigation: first.ref, reason: 'by mistake' });
  const bad = await live();
  const result = await rollBackRuleset(bo, { seq: good, reason: 'the second one hits everybody' });
  expect(result).toMatchObject({ seq: bad.seq + 1, withdrawn: [bad.ref], restored: [first.ref] });
  expect(await ids()).toEqual([first.id]);
  expect(await lastEvent(first.id)).toMatchObject({
    action: 'mitigation.restore',
    data: { seq: result.seq },
  });
  expect(await lastEvent(bad.id)).toMatchObject({ action: 'mitigation.withdraw' });
  await expect(rollBackRuleset(ana, { seq: good, reason: 'again' })).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('its author alone, or a key, does not bring back what somebody withdrew; nothing changes', async () => {
  const first = await live();
  await withdrawMitigation(bo, { mitigation: first.ref, reason: 'it breaks imports' });
  const key = await machine(['respond']);
  for (const actor of [ana, key]) {
    const refused = rollBackRuleset(actor, { seq: first.seq, reason: 'I want it' });
    await expect(refused).rejects.toMatchObject({ code: 'forbidden', message: /was withdrawn/ });
  }
  expect(await ids()).toEqual([]);
  // What ends something, and brings nothing back, anybody may.
  const bad = await live();
  await rollBackRuleset(ana, { seq: bad.seq - 1, reason: 'it hits everybody' });
  expect(await ids()).toEqual([]);
});

test('a rule whose own time is over stays out', async () => {
  const first = await live();
  const later = await live();
  await db.mitigation.update({
    where: { id: first.id },
    data: { state: 'expired', expiresAt: new Date(Date.now() - 1_000) },
  });
  const result = await rollBackRuleset(ana, { seq: first.seq, reason: 'back' });
  expect(result).toMatchObject({ withdrawn: [later.ref], restored: [], over: [first.ref] });
  expect(await ids()).toEqual([]);
});

test('what is taken back to its canary stays there until a person says otherwise, and nothing is taken further', async () => {
  const { ref, id } = await approved({ plan: planSchema.parse({ canarySeconds: 10 }) });
  const canary = await publishMitigation(ana, { mitigation: ref });
  const full = await advanceMitigation(ana, { mitigation: ref });
  await rollBackRuleset(ana, { seq: canary.seq, reason: 'it hits everybody' });
  const back = await db.mitigation.findUniqueOrThrow({ where: { id } });
  expect(back).toMatchObject({
    state: 'live',
    stage: 'canary',
    heldReason: expect.stringContaining('it hits everybody'),
  });
  await db.mitigation.update({ where: { id }, data: { stageSince: new Date(Date.now() - 3_600_000) } });
  expect(await advanceDue()).toEqual({ advanced: [], held: [] });
  // A canary is not taken to full by going "back".
  await expect(rollBackRuleset(ana, { seq: full.seq, reason: 'on' })).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('a rule of an incident that is over stays out: nobody would watch it', async () => {
  const first = await live();
  await withdrawMitigation(bo, { mitigation: first.ref, reason: 'done' });
  const later = await live();
  await db.incident.update({ where: { id: incident.id }, data: { state: 'closed' } });
  const result = await rollBackRuleset(ana, { seq: first.seq, reason: 'back' });
  await db.incident.update({ where: { id: incident.id }, data: { state: 'new' } });
  expect(result).toMatchObject({ withdrawn: [later.ref], restored: [], over: [first.ref] });
});

test('an incident that is being closed at this moment gets no rule back', async () => {
  const first = await live();
  await withdrawMitigation(bo, { mitigation: first.ref, reason: 'done' });
  await live();
  const gate = Promise.withResolvers<void>();
  const closing = db.$transaction(async (tx) => {
    await tx.incident.update({ where: { id: incident.id }, data: { state: 'closed' } });
    await gate.promise;
  });
  const refused = expect(rollBackRuleset(bo, { seq: first.seq, reason: 'back' })).rejects.toMatchObject({
    code: 'conflict',
    message: /was ended a moment ago/,
  });
  await until(async () => (await queued('transactionid')) === 1, 'going back waits for the incident');
  gate.resolve();
  await Promise.all([closing, refused]);
  await db.incident.update({ where: { id: incident.id }, data: { state: 'new' } });
});

test('a look at what going back would change waits for nobody and holds nobody up', async () => {
  const first = await live();
  const later = await live();
  const gate = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holder = db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM mitigation ORDER BY id FOR UPDATE`;
    locked.resolve();
    await gate.promise;
  });
  await locked.promise;
  const preview = await previewRestoration(ana, first.seq);
  expect(preview.ending.map(({ ref }) => ref)).toContain(later.ref);
  gate.resolve();
  await holder;
});

test('is refused: forbidden, unknown, unconfirmed', async () => {
  const { seq } = await live();
  const input = { seq, reason: 'x' };
  await expect(rollBackRuleset(auditor, input)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(rollBackRuleset(ana, { ...input, seq: 999_999 })).rejects.toMatchObject({ code: 'not_found' });
  await expect(rollBackRuleset({ ...ana, session: undefined }, input)).rejects.toMatchObject({
    fields: { password: expect.any(String) },
  });
});

test('a publish that is on its way is not overlooked: going back says so, and goes back when asked again', async () => {
  const first = await live();
  await live();
  const waiting = await approved();
  // Both wait behind a third who holds the numbers, the publish first.
  const gate = Promise.withResolvers<void>();
  const holder = db.$transaction(async (tx) => {
    await lockPublishing(tx);
    await gate.promise;
  });
  const publish = publishMitigation(bo, { mitigation: waiting.ref });
  await until(async () => (await queued('advisory')) === 1, 'the publish waits');
  const back = rollBackRuleset(ana, { seq: first.seq, reason: 'it hits everybody' });
  const refused = expect(back).rejects.toMatchObject({ code: 'conflict', message: /went out a moment ago/ });
  await until(async () => (await queued('advisory')) === 2, 'going back waits too');
  gate.resolve();
  await Promise.all([holder, publish, refused]);
  await rollBackRuleset(ana, { seq: first.seq, reason: 'it hits everybody' });
  expect(await ids()).toEqual([first.id]);
});

/** Transactions that wait: for the right to number a snapshot, or for a row of somebody else's. */
async function queued(event: 'advisory' | 'transactionid'): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = ${event}`;
  return row?.count ?? 0;
}

test('against a publish at the same moment: both end in one order, and the last snapshot is what the tables say', async () => {
  const first = await live();
  await live();
  const waiting = await approved();
  await Promise.allSettled([
    rollBackRuleset(ana, { seq: first.seq, reason: 'back' }),
    publishMitigation(bo, { mitigation: waiting.ref }),
  ]);
  const stored = await db.mitigation.findMany({ where: { state: 'live' }, select: { id: true } });
  expect((await ids()).sort()).toEqual(stored.map(({ id }) => id).sort());
});
