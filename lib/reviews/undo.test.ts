import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { claimInteraction, heartbeat } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { once } from '#lib/idempotency/once';
import { newId } from '#lib/ids';
import { seedPolicies } from '#lib/policies/mutations';
import { changeReviewSettings } from '#lib/settings/mutations';
import { flagged, person } from '../../tests/fixtures.ts';
import { decide, takeBack } from './mutations.ts';
import { UNDO_GRACE_SECONDS, type Verdict } from './schema.ts';

const item = (interactionId: string) => db.queueItem.findUniqueOrThrow({ where: { interactionId } });

/** Decides as a browser does, under an id of its own; `wish` is what takes it back. */
async function say(actor: UserActor, interactionId: string, verdict: Verdict) {
  const { token } = await claimInteraction(actor, { interactionId });
  const actId = newId();
  const decision = { interactionId, token, verdict, timeSpentMs: 5 };
  const asked = { operation: 'decide', input: decision };
  const { reviewId } = await once(actor, actId, asked, () => decide(actor, decision));
  return { reviewId, wish: { interactionId, token, actId, waitedMs: 0 } };
}

async function twice(): Promise<string> {
  const interactionId = await flagged();
  await db.queueItem.update({ where: { interactionId }, data: { reviewsNeeded: 2 } });
  return interactionId;
}

beforeAll(async () => {
  await seedPolicies();
});

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('a decision that is taken back', () => {
  it('puts the item back at its old place, held by its author, and both events stay', async () => {
    const ana = await person('reviewer');
    const id = await flagged();
    const before = await item(id);
    const { wish } = await say(ana, id, 'benign');
    expect(await takeBack(ana, wish)).toEqual({ arrived: true });
    expect(await item(id)).toMatchObject({
      state: 'pending',
      stage: 'review',
      dueAt: before.dueAt,
      reviewsDone: 0,
      verdict: null,
      decidedAt: null,
      leaseHolderId: ana.id,
    });
    expect(await db.review.count({ where: { interactionId: id } })).toBe(0);
    const events = await db.event.findMany({ where: { subjectId: id }, orderBy: { id: 'asc' } });
    expect(events.map(({ action }) => action)).toEqual(['review.claim', 'review.decide', 'review.undo']);
    await expect(claimInteraction(await person('reviewer'), { interactionId: id })).rejects.toThrow('holds');
    await say(ana, id, 'unsure');
    expect(await item(id)).toMatchObject({ state: 'decided', verdict: 'unsure' });
  });

  it('is not stopped by an incident that the item is linked to', async () => {
    const ana = await person('reviewer');
    const id = await flagged();
    const { wish } = await say(ana, id, 'benign');
    const incident = await db.incident.create({ data: { id: newId(), title: 'x', severity: 'sev3' } });
    await db.incidentInteraction.create({ data: { incidentId: incident.id, interactionId: id } });
    await expect(takeBack(ana, wish)).resolves.toEqual({ arrived: true });
  });

  it('takes the first of two back while the second reviewer reads, and leaves their claim alone', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const id = await twice();
    const { wish } = await say(ana, id, 'unsure');
    const held = await claimInteraction(bo, { interactionId: id });
    await takeBack(ana, wish);
    expect(await item(id)).toMatchObject({ reviewsDone: 0, leaseHolderId: bo.id });
    await expect(heartbeat(bo, held)).resolves.toBeDefined();
  });

  it('ends a disagreement that it was half of', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const id = await twice();
    await say(ana, id, 'unsure');
    const { wish } = await say(bo, id, 'benign');
    expect(await item(id)).toMatchObject({ stage: 'adjudication' });
    await takeBack(bo, wish);
    expect(await item(id)).toMatchObject({ stage: 'review', reviewsDone: 1, leaseHolderId: bo.id });
  });

  it('opens a disagreement again that the lead has just settled', async () => {
    const [ana, bo, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
    const id = await twice();
    await say(ana, id, 'unsure');
    await say(bo, id, 'benign');
    const { wish } = await say(lead, id, 'benign');
    expect(await item(id)).toMatchObject({ state: 'decided', verdict: 'benign' });
    await takeBack(lead, wish);
    expect(await item(id)).toMatchObject({
      state: 'pending',
      stage: 'adjudication',
      reviewsDone: 2,
      leaseHolderId: lead.id,
    });
  });

  it('is refused once the item has moved on, in a batch, or after its time', async () => {
    const [ana, bo, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
    const id = await twice();
    const first = await say(ana, id, 'unsure');
    const second = await say(bo, id, 'benign');
    const conflict = { code: 'conflict' };
    await expect(takeBack(ana, first.wish)).rejects.toThrow('Somebody else has reviewed');
    await claimInteraction(lead, { interactionId: id });
    await expect(takeBack(bo, second.wish)).rejects.toThrow('A lead has taken');
    const batch = await db.reviewBatch.create({
      data: { id: newId(), kind: 'filter', verdict: 'benign', count: 1 },
    });
    const many = await say(ana, await flagged(), 'benign');
    await db.review.update({ where: { id: many.reviewId }, data: { batchId: batch.id } });
    await expect(takeBack(ana, many.wish)).rejects.toThrow('reverse the batch');
    const late = await say(ana, await flagged(), 'benign');
    await db.review.update({
      where: { id: late.reviewId },
      data: { createdAt: new Date(Date.now() - (30 + UNDO_GRACE_SECONDS + 1) * 1_000) },
    });
    await expect(takeBack(ana, late.wish)).rejects.toMatchObject(conflict);
    await changeReviewSettings(lead, { undoSeconds: 60 });
    await expect(takeBack(ana, late.wish)).resolves.toBeDefined();
  });

  it('is undone once, however often and by however many tabs that is asked', async () => {
    const ana = await person('reviewer');
    const { wish } = await say(ana, await flagged(), 'benign');
    const answers = await Promise.all([takeBack(ana, wish), takeBack(ana, wish), takeBack(ana, wish)]);
    expect(answers).toEqual([{ arrived: true }, { arrived: true }, { arrived: true }]);
    expect(await db.event.count({ where: { action: 'review.undo', subjectId: wish.interactionId } })).toBe(1);
  });
});
