import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { claimInteraction, heartbeat } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { seedPolicies } from '#lib/policies/mutations';
import { changeReviewSettings } from '#lib/settings/mutations';
import { flagged, person } from '../../tests/fixtures.ts';
import { decide, undoDecision } from './mutations.ts';
import { UNDO_GRACE_SECONDS, type Verdict } from './schema.ts';

const item = (interactionId: string) => db.queueItem.findUniqueOrThrow({ where: { interactionId } });

async function say(actor: UserActor, interactionId: string, verdict: Verdict) {
  const claim = await claimInteraction(actor, { interactionId });
  return decide(actor, { ...claim, verdict, timeSpentMs: 5 });
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

describe('undoDecision', () => {
  it('puts the item back at its old place, held by its author, and both events stay', async () => {
    const ana = await person('reviewer');
    const id = await flagged();
    const before = await item(id);
    const { reviewId } = await say(ana, id, 'benign');
    expect(await undoDecision(ana, { reviewId })).toEqual({ interactionId: id });
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
    const { reviewId } = await say(ana, id, 'benign');
    const incident = await db.incident.create({ data: { id: newId(), title: 'x', severity: 'sev3' } });
    await db.incidentInteraction.create({ data: { incidentId: incident.id, interactionId: id } });
    await expect(undoDecision(ana, { reviewId })).resolves.toEqual({ interactionId: id });
  });

  it('takes the first of two back while the second reviewer reads, and leaves their claim alone', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const id = await twice();
    const { reviewId } = await say(ana, id, 'unsure');
    const held = await claimInteraction(bo, { interactionId: id });
    await undoDecision(ana, { reviewId });
    expect(await item(id)).toMatchObject({ reviewsDone: 0, leaseHolderId: bo.id });
    await expect(heartbeat(bo, held)).resolves.toBeDefined();
  });

  it('ends a disagreement that it was half of', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const id = await twice();
    await say(ana, id, 'unsure');
    const { reviewId } = await say(bo, id, 'benign');
    expect(await item(id)).toMatchObject({ stage: 'adjudication' });
    await undoDecision(bo, { reviewId });
    expect(await item(id)).toMatchObject({ stage: 'review', reviewsDone: 1, leaseHolderId: bo.id });
  });

  it('opens a disagreement again that the lead has just settled', async () => {
    const [ana, bo, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
    const id = await twice();
    await say(ana, id, 'unsure');
    await say(bo, id, 'benign');
    const { reviewId } = await say(lead, id, 'benign');
    expect(await item(id)).toMatchObject({ state: 'decided', verdict: 'benign' });
    await undoDecision(lead, { reviewId });
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
    await expect(undoDecision(ana, first)).rejects.toThrow('Somebody else has reviewed');
    await claimInteraction(lead, { interactionId: id });
    await expect(undoDecision(bo, second)).rejects.toThrow('A lead has taken');
    const batch = await db.reviewBatch.create({
      data: { id: newId(), kind: 'filter', verdict: 'benign', count: 1 },
    });
    const many = await say(ana, await flagged(), 'benign');
    await db.review.update({ where: { id: many.reviewId }, data: { batchId: batch.id } });
    await expect(undoDecision(ana, many)).rejects.toThrow('reverse the batch');
    const late = await say(ana, await flagged(), 'benign');
    await db.review.update({
      where: { id: late.reviewId },
      data: { createdAt: new Date(Date.now() - (30 + UNDO_GRACE_SECONDS + 1) * 1_000) },
    });
    await expect(undoDecision(ana, late)).rejects.toMatchObject(conflict);
    await changeReviewSettings(lead, { undoSeconds: 60 });
    await expect(undoDecision(ana, late)).resolves.toBeDefined();
  });

  it('is its author’s only, and not found twice', async () => {
    const [ana, bo] = [await person('reviewer'), await person('lead')];
    const { reviewId } = await say(ana, await flagged(), 'benign');
    await expect(undoDecision(bo, { reviewId })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(undoDecision(await person('auditor'), { reviewId })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const answers = await Promise.allSettled([
      undoDecision(ana, { reviewId }),
      undoDecision(ana, { reviewId }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(undoDecision(ana, { reviewId })).rejects.toMatchObject({ code: 'not_found' });
  });
});
