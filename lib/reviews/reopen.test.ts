import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { listEvents } from '#lib/audit/queries';
import { decideCluster, reverseBatch } from '#lib/batches/mutations';
import { getBatch } from '#lib/batches/queries';
import { claimInteraction, heartbeat } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { markGolden } from '#lib/golden/mutations';
import type { Role } from '#lib/permissions';
import { seedPolicies } from '#lib/policies/mutations';
import { eraseTexts } from '#lib/retention/erase-texts';
import { clusterOf, flagged, machine, person } from '../../tests/fixtures.ts';
import { decide, reopen } from './mutations.ts';
import { reopenSchema, type Verdict } from './schema.ts';

const item = (interactionId: string) => db.queueItem.findUniqueOrThrow({ where: { interactionId } });
const reason = 'The file shows the input is fixed';

async function say(actor: UserActor, interactionId: string, verdict: Verdict) {
  const claim = await claimInteraction(actor, { interactionId });
  return decide(actor, { ...claim, verdict, timeSpentMs: 5 });
}

/** As from a page that shows what is there now. */
async function again(actor: Parameters<typeof reopen>[0], interactionId: string) {
  const reviews = await db.review.findMany({ where: { interactionId } });
  return reopen(actor, { interactionId, seen: reviews.map(({ id }) => id), reason });
}

async function twice(): Promise<string> {
  const interactionId = await flagged();
  await db.queueItem.update({ where: { interactionId }, data: { reviewsNeeded: 2 } });
  return interactionId;
}

async function longAgo(interactionId: string, hours: number): Promise<void> {
  const createdAt = new Date(Date.now() - hours * 3_600_000);
  await db.review.updateMany({ where: { interactionId }, data: { createdAt } });
}

beforeAll(async () => {
  await seedPolicies();
});

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('reopen', () => {
  it('puts one’s own decision of this day back at its old place, held by its author, and keeps the history', async () => {
    const ana = await person('reviewer');
    const id = await flagged();
    const { dueAt } = await item(id);
    await say(ana, id, 'benign');
    await longAgo(id, 23);
    expect(await again(ana, id)).toEqual({ interactionId: id });
    expect(await item(id)).toMatchObject({
      ...{ state: 'pending', stage: 'review', dueAt, reviewsDone: 0, leaseHolderId: ana.id },
      ...{ verdict: null, policyId: null, decidedAt: null },
    });
    await expect(claimInteraction(await person('reviewer'), { interactionId: id })).rejects.toThrow('holds');
    await say(ana, id, 'unsure');
    expect(await item(id)).toMatchObject({ state: 'decided', verdict: 'unsure' });
    const events = await db.event.findMany({ where: { subjectId: id }, orderBy: { id: 'asc' } });
    expect(events.map(({ action }) => action)).toEqual([
      ...['review.claim', 'review.decide', 'review.reopen', 'review.claim', 'review.decide'],
    ]);
    expect(JSON.parse(events[2]?.body ?? '').data).toMatchObject({
      verdict: 'benign',
      reviews: [{ verdict: 'benign', reviewer: { id: ana.id, name: ana.name } }],
      reason,
    });
  });

  it('lets a lead reopen whatever others decided, at any time, to be judged anew by all', async () => {
    const people = await Promise.all(['reviewer', 'reviewer', 'lead'].map((role) => person(role as Role)));
    const [ana, bo, lead] = people as [UserActor, UserActor, UserActor];
    const id = await twice();
    await say(ana, id, 'unsure');
    await say(bo, id, 'benign');
    await say(lead, id, 'benign');
    await longAgo(id, 1_000);
    const other = await person('lead');
    await again(other, id);
    expect(await item(id)).toMatchObject({
      state: 'pending',
      stage: 'review',
      reviewsDone: 0,
      verdict: null,
    });
    expect(await db.review.count({ where: { interactionId: id } })).toBe(0);
    // Nothing of the first round counts in the second.
    await say(other, id, 'unsure');
    expect(await item(id)).toMatchObject({ state: 'pending', stage: 'review', reviewsDone: 1 });
    await say(ana, id, 'unsure');
    expect(await item(id)).toMatchObject({ state: 'decided', verdict: 'unsure' });
  });

  it('is nobody else’s', async () => {
    const id = await flagged();
    await say(await person('reviewer'), id, 'benign');
    const roles: Role[] = ['reviewer', 'commander', 'auditor', 'admin'];
    for (const actor of [
      ...(await Promise.all(roles.map((role) => person(role)))),
      await machine(['respond']),
    ])
      await expect(again(actor, id), actor.name).rejects.toMatchObject({ code: 'forbidden' });
    expect(await item(id)).toMatchObject({ state: 'decided' });
    expect(await db.event.count({ where: { subjectId: id, action: 'review.reopen' } })).toBe(0);
  });

  it('is a lead’s after a day, and where somebody else has reviewed the item too', async () => {
    const [ana, bo, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
    const old = await flagged();
    await say(ana, old, 'benign');
    await longAgo(old, 25);
    await expect(again(ana, old)).rejects.toMatchObject({ code: 'conflict', message: /24 hours/ });
    const both = await twice();
    await say(ana, both, 'benign');
    await say(bo, both, 'benign');
    await expect(again(ana, both)).rejects.toMatchObject({ code: 'conflict', message: /only a lead/ });
    const settled = await twice();
    await say(ana, settled, 'benign');
    await say(bo, settled, 'unsure');
    await expect(again(bo, settled)).rejects.toMatchObject({
      code: 'conflict',
      message: /until it is settled/,
    });
    await say(lead, settled, 'unsure');
    await expect(again(bo, settled)).rejects.toMatchObject({ code: 'conflict', message: /only a lead/ });
    for (const id of [old, both, settled]) await expect(again(lead, id)).resolves.toBeDefined();
  });

  it('takes the first of two back while the second is being read, and leaves that claim alone', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const id = await twice();
    await say(ana, id, 'unsure');
    const held = await claimInteraction(bo, { interactionId: id });
    await again(ana, id);
    expect(await item(id)).toMatchObject({ state: 'pending', reviewsDone: 0, leaseHolderId: bo.id });
    await expect(heartbeat(bo, held)).resolves.toBeDefined();
  });

  it('is refused for what waits, whose text is gone, or that never was in the queue', async () => {
    const lead = await person('lead');
    const seen = [crypto.randomUUID()];
    const waits = await flagged();
    await expect(reopen(lead, { interactionId: waits, seen, reason })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(reopen(lead, { interactionId: crypto.randomUUID(), seen, reason })).rejects.toMatchObject({
      code: 'not_found',
    });
    const gone = await flagged();
    await say(lead, gone, 'benign');
    await db.$transaction((tx) => eraseTexts(tx, [gone], 'request'));
    await expect(again(lead, gone)).rejects.toMatchObject({ code: 'conflict', message: /erased/ });
    expect(reopenSchema.safeParse({ interactionId: gone, seen, reason: ' . ' }).success).toBe(false);
  });

  it('happens once when several reopen at once, and only to the decision that was seen', async () => {
    const [ana, lead] = [await person('reviewer'), await person('lead')];
    const id = await flagged();
    const { reviewId } = await say(ana, id, 'benign');
    const input = { interactionId: id, seen: [reviewId], reason };
    const answers = await Promise.allSettled([ana, lead, ana, lead].map((actor) => reopen(actor, input)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'conflict' });
    expect(await db.event.count({ where: { subjectId: id, action: 'review.reopen' } })).toBe(1);
    await db.queueItem.update({ where: { interactionId: id }, data: { leaseExpiresAt: new Date(0) } });
    await say(await person('reviewer'), id, 'unsure');
    await expect(reopen(lead, input)).rejects.toMatchObject({
      code: 'conflict',
      message: /since you looked/,
    });
    expect(await item(id)).toMatchObject({ state: 'decided', verdict: 'unsure' });
  });

  it('takes one member out of a batch; the rest is reversed as before', async () => {
    const ana = await person('reviewer');
    const ids = [await flagged(), await flagged(), await flagged()];
    const { id: clusterId } = await clusterOf(ids);
    const word = { verdict: 'benign' as const, policyId: null, note: null, timeSpentMs: 9 };
    const { batchId } = await decideCluster(ana, { clusterId, ...word, shown: ids.slice(0, 1), expected: 3 });
    await again(ana, ids[0] ?? '');
    expect(await getBatch(ana, batchId)).toMatchObject({ count: 3, left: 2, reversible: 2 });
    expect(await reverseBatch(ana, { batchId })).toEqual({ reversed: 2, kept: [] });
  });

  it('leaves the known answer of a golden item alone: that is a lead’s own word', async () => {
    const [ana, lead] = [await person('reviewer'), await person('lead')];
    const id = await flagged();
    await say(ana, id, 'benign');
    await markGolden(lead, { interactionId: id, verdict: 'benign', policyKey: null });
    await again(ana, id);
    expect(await db.goldenItem.findUnique({ where: { interactionId: id } })).toMatchObject({
      verdict: 'benign',
      retiredAt: null,
    });
  });

  it('is not told to whoever may review the item next, until it is decided', async () => {
    const [lead, bo] = [await person('lead'), await person('reviewer')];
    const id = await flagged();
    await say(await person('reviewer'), id, 'benign');
    await again(lead, id);
    const told = async (actor: UserActor) =>
      (await listEvents(actor, { q: 'action:review.reopen' })).items.filter(({ href }) => href?.includes(id));
    expect(await told(bo)).toEqual([]);
    expect(await told(await person('auditor'))).toMatchObject([
      { sentence: expect.stringContaining(reason) },
    ]);
    await say(lead, id, 'unsure');
    expect(await told(bo)).toHaveLength(1);
  });
});
