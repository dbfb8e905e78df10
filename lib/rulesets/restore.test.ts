import { beforeEach, expect, test } from 'vitest';
import { db } from '#lib/db';
import { publishMitigation, withdrawMitigation } from '#lib/mitigations/mutations';
import { newestSnapshot, ruleDesk } from '../../tests/rules.ts';
import { rollBackRuleset } from './mutations.ts';

const { ana, bo, auditor, approved, live, lastEvent } = await ruleDesk();
const ids = async () => (await newestSnapshot()).rules.map(({ id }) => id);

beforeEach(async () => {
  await db.mitigation.updateMany({ where: { state: 'live' }, data: { state: 'withdrawn' } });
});

test('the content of an earlier snapshot becomes the next: what came since ends, what was withdrawn is back', async () => {
  const first = await live();
  const good = first.seq;
  await withdrawMitigation(bo, { mitigation: first.ref, reason: 'by mistake' });
  const bad = await live();
  const result = await rollBackRuleset(ana, { seq: good, reason: 'the second one hits everybody' });
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

test('is refused: forbidden, unknown, unconfirmed', async () => {
  const { seq } = await live();
  const input = { seq, reason: 'x' };
  await expect(rollBackRuleset(auditor, input)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(rollBackRuleset(ana, { ...input, seq: 999_999 })).rejects.toMatchObject({ code: 'not_found' });
  await expect(rollBackRuleset({ ...ana, session: undefined }, input)).rejects.toMatchObject({
    fields: { password: expect.any(String) },
  });
});

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
