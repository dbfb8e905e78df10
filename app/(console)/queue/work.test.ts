import { beforeEach, describe, expect, it } from 'vitest';
import { db } from '#lib/db';
import { flagged, person } from '../../../tests/fixtures.ts';
import { decideThenNext, next, open, releaseIfHeld, skipThenNext, stay } from './work.ts';

const anything = { filters: {}, skip: [] };

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('the work of the queue page', () => {
  it('decides and answers the next item with its content, then nothing', async () => {
    const ana = await person('reviewer');
    const [first, second] = [await flagged(), await flagged({ completion: 'second\u202e' })];
    const { interactionId, token } = await open(ana, { interactionId: first });
    const decision = { interactionId, token, verdict: 'benign', timeSpentMs: 3 } as const;
    const answer = await decideThenNext(ana, { decision, next: anything });
    expect(answer).toMatchObject({
      verdict: 'benign',
      next: { claim: { interactionId: second }, interaction: { id: second, completion: 'second\u202e' } },
    });
    if (answer.next === null || answer.next === 'failed') throw new Error('no next item');
    const last = { ...decision, interactionId: second, token: answer.next.claim.token };
    expect(await decideThenNext(ana, { decision: last, next: anything })).toEqual({
      verdict: 'benign',
      next: null,
    });
  });

  it('gives a skipped item back and does not serve it to the same person again', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const [first, second] = [await flagged(), await flagged()];
    const claim = await open(ana, { interactionId: first });
    const lease = { interactionId: first, token: claim.token };
    const item = await skipThenNext(ana, { lease, next: { filters: {}, skip: [first] } });
    expect(item?.claim.interactionId).toBe(second);
    expect((await next(bo, anything))?.claim.interactionId).toBe(first);
  });

  it('counts a claim in seconds, and leaves quietly when it is no longer held', async () => {
    const ana = await person('reviewer');
    const { interactionId, token, seconds } = await open(ana, { interactionId: await flagged() });
    expect(seconds).toBeGreaterThan(297);
    expect(await stay(ana, { interactionId, token })).toBeGreaterThan(297);
    await releaseIfHeld(ana, { interactionId, token });
    await expect(releaseIfHeld(ana, { interactionId, token })).resolves.toBeUndefined();
    await expect(releaseIfHeld(await person('auditor'), { interactionId, token })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
