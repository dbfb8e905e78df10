import { beforeEach, describe, expect, it } from 'vitest';
import { db } from '#lib/db';
import { once } from '#lib/idempotency/once';
import { flagged, person } from '../../../tests/fixtures.ts';
import { decideOnce, give, giveAll, keep, keepAll, next, open, pass, recall, stay } from './work.ts';

const anything = { filters: {}, pastBreak: false };

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('the work of the queue page', () => {
  it('answers the next item with its content, then nothing', async () => {
    const ana = await person('reviewer');
    const id = await flagged({ completion: 'second\u202e' });
    const found = await next(ana, anything);
    if (found.kind !== 'work') throw new Error('no item');
    expect(found).toMatchObject({ claim: { interactionId: id }, item: { id, completion: 'second\u202e' } });
    // Times travel as JSON, from the page and from the route alike.
    expect(JSON.parse(JSON.stringify(found.item))).toEqual(found.item);
    expect(await next(ana, anything)).toEqual({ kind: 'none' });
  });

  it('answers a decision that is sent again with the first answer, and no other decision', async () => {
    const ana = await person('reviewer');
    const { claim } = await open(ana, { interactionId: await flagged() });
    const { interactionId, token } = claim;
    const decision = { interactionId, token, verdict: 'benign', note: 'seen', timeSpentMs: 3 } as const;
    const first = await decideOnce(ana, decision);
    expect(await decideOnce(ana, decision)).toEqual(first);
    await expect(decideOnce(ana, { ...decision, verdict: 'unsure' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(decideOnce(ana, { ...decision, note: 'other' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(decideOnce(await person('reviewer'), decision)).rejects.toMatchObject({ code: 'conflict' });
    expect(await db.review.count({ where: { interactionId } })).toBe(1);
  });

  it('takes back what was done and says what is left of the claim, or whose it is', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer', 'Bo')];
    const { claim } = await open(ana, { interactionId: await flagged() });
    const { interactionId, token } = claim;
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
    const decision = { interactionId, token, verdict: 'benign', timeSpentMs: 3 } as const;
    await once(ana, first, { operation: 'decide', input: decision }, () => decideOnce(ana, decision));
    const back = await recall(ana, { interactionId, token, actId: first, waitedMs: 0 });
    expect(back).toMatchObject({ arrived: true, message: null });
    expect(back.seconds).toBeGreaterThan(297);
    const skipped = { interactionId, token, reason: 'language' } as const;
    await once(ana, second, { operation: 'skip', input: skipped }, () => pass(ana, skipped));
    await open(bo, { interactionId });
    expect(await recall(ana, { interactionId, token, actId: second, waitedMs: 0 })).toMatchObject({
      arrived: true,
      seconds: null,
      message: expect.stringContaining('Bo holds this item'),
    });
  });

  it('counts a claim in seconds; holds, skips and hands over', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const { claim } = await open(ana, { interactionId: await flagged() });
    const { interactionId, token, seconds } = claim;
    expect(seconds).toBeGreaterThan(297);
    expect(await stay(ana, { interactionId, token })).toBeGreaterThan(297);
    const reason = 'waiting for the model team';
    expect((await keep(ana, { interactionId, token, minutes: 30, reason })).seconds).toBeGreaterThan(1_790);
    await give(ana, { interactionId, token, toUserId: bo.id, note: 'your language' });
    const handed = await next(bo, anything);
    if (handed.kind !== 'work') throw new Error('no item');
    expect(handed.item.handover).toEqual({ by: ana.name, note: 'your language' });
    await pass(bo, { ...handed.claim, reason: 'language' });
    expect(await next(bo, anything)).toEqual({ kind: 'none' });
    expect(await next(ana, anything)).toMatchObject({ kind: 'work', item: { id: interactionId } });
  });

  it('sets several aside at once, leaves what others have with them, and says how many and why', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer', 'Bo')];
    const ids = [await flagged(), await flagged(), await flagged()];
    const [held = '', first = '', second = ''] = ids;
    await open(bo, { interactionId: held });
    const reason = 'asked the model team';
    const kept = await keepAll(ana, { interactionIds: ids, minutes: 30, reason });
    expect(kept).toMatchObject({
      done: 2,
      refused: [{ message: expect.stringContaining('Bo holds'), count: 1 }],
    });
    expect(await db.queueItem.count({ where: { leaseHolderId: ana.id, holdReason: reason } })).toBe(2);
    const note = 'your language';
    expect(await giveAll(ana, { interactionIds: [first, second], toUserId: bo.id, note })).toEqual({
      done: 2,
      refused: [],
    });
    expect(await db.queueItem.count({ where: { assigneeId: bo.id, leaseHolderId: null } })).toBe(2);
  });

  it('leaves nothing claimed where the wish itself cannot be met', async () => {
    const ana = await person('reviewer');
    const ids = [await flagged(), await flagged()];
    await expect(
      giveAll(ana, { interactionIds: ids, toUserId: ana.id, note: 'to me' }),
    ).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(
      keepAll(await person('auditor'), { interactionIds: ids, minutes: 5, reason: 'later' }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect(await db.queueItem.count({ where: { leaseHolderId: { not: null } } })).toBe(0);
  });
});
