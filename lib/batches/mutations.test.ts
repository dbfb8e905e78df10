import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { claimInteraction } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { seedPolicies } from '#lib/policies/mutations';
import { decide } from '#lib/reviews/mutations';
import { batchFilterSchema, type Verdict } from '#lib/reviews/schema';
import { changeReviewSettings } from '#lib/settings/mutations';
import { clusterOf, flagged, machine, person } from '../../tests/fixtures.ts';
import { decideCluster, decideFilter, reverseBatch } from './mutations.ts';
import { previewBatch } from './queries.ts';

const items = (ids: string[]) => db.queueItem.findMany({ where: { interactionId: { in: ids } } });
const word = { verdict: 'benign' as Verdict, timeSpentMs: 30_000 };

async function say(actor: UserActor, interactionId: string, verdict: Verdict) {
  return decide(actor, {
    ...(await claimInteraction(actor, { interactionId })),
    verdict,
    timeSpentMs: 5,
  });
}

const several = (n: number) => Promise.all(Array.from({ length: n }, () => flagged()));
const twice = (ids: string[]) =>
  db.queueItem.updateMany({ where: { interactionId: { in: ids } }, data: { reviewsNeeded: 2 } });

beforeAll(async () => {
  await seedPolicies();
});

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('decideCluster', () => {
  it('writes one review and one event for each member, and one for the batch', async () => {
    const ana = await person('reviewer');
    const ids = await several(6);
    const { id: clusterId } = await clusterOf(ids);
    const policy = await db.policy.findFirstOrThrow({ where: { key: 'injection' } });
    const input = {
      clusterId,
      ...word,
      shown: ids.slice(0, 1),
      verdict: 'harmful' as const,
      note: 'all the same',
      expected: 6,
    };
    await expect(decideCluster(ana, input)).rejects.toMatchObject({
      code: 'invalid',
      fields: { policyId: expect.any(String) },
    });
    const answer = await decideCluster(ana, { ...input, policyId: policy.id });
    expect(answer).toEqual({ batchId: expect.any(String), decided: 6, remaining: 0, unseen: 0 });
    for (const item of await items(ids)) {
      expect(item).toMatchObject({
        state: 'decided',
        verdict: 'harmful',
        policyId: policy.id,
        reviewsDone: 1,
        decidedAt: expect.any(Date),
      });
    }
    const reviews = await db.review.findMany({ where: { batchId: answer.batchId } });
    expect(new Set(reviews.map(({ interactionId }) => interactionId))).toEqual(new Set(ids));
    expect(reviews[0]).toMatchObject({ timeSpentMs: 5_000, note: 'all the same', kind: 'review' });
    expect(await db.reviewBatch.findUnique({ where: { id: answer.batchId } })).toMatchObject({
      kind: 'cluster',
      count: 6,
      clusterId,
      actorId: ana.id,
    });
    const events = await db.event.findMany({ where: { action: 'review.decide', subjectId: { in: ids } } });
    expect(events).toHaveLength(6);
    const of = JSON.parse(events[0]?.body ?? '').data;
    expect(of).toMatchObject({ batchId: answer.batchId, verdict: 'harmful', policy: 'injection v1' });
    expect(await db.event.count({ where: { action: 'batch.decide', subjectId: answer.batchId } })).toBe(1);
  });

  it('refuses a count that no longer holds with the new one, and changes nothing', async () => {
    const ana = await person('reviewer');
    const ids = await several(3);
    const { id: clusterId } = await clusterOf(ids);
    for (const expected of [2, 4]) {
      await expect(
        decideCluster(ana, { clusterId, ...word, shown: ids.slice(0, 1), expected }),
      ).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('It is 3 now'),
      });
    }
    expect(await db.review.count({ where: { interactionId: { in: ids } } })).toBe(0);
    expect(await db.reviewBatch.count({ where: { clusterId } })).toBe(0);
    await decideCluster(ana, { clusterId, ...word, shown: ids.slice(0, 1), expected: 3 });
    await expect(
      decideCluster(ana, { clusterId, ...word, shown: ids.slice(0, 1), expected: 3 }),
    ).rejects.toThrow('None of these');
  });

  it('decides each member once when several decide at once', async () => {
    const people = await Promise.all(['reviewer', 'lead', 'commander'].map((role) => person(role as 'lead')));
    const ids = await several(40);
    const { id: clusterId } = await clusterOf(ids);
    const answers = await Promise.allSettled(
      people.map((each, index) =>
        decideCluster(each, {
          clusterId,
          ...word,
          shown: ids.slice(0, 1),
          verdict: index ? 'unsure' : 'benign',
          expected: 40,
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'conflict' });
    }
    const reviews = await db.review.findMany({ where: { interactionId: { in: ids } } });
    expect(reviews).toHaveLength(40);
    expect(new Set(reviews.map(({ reviewerId }) => reviewerId)).size).toBe(1);
    expect(new Set((await items(ids)).map(({ verdict }) => verdict)).size).toBe(1);
  });

  it('does not decide twice when one person sends it twice and two reviews are needed', async () => {
    const ana = await person('reviewer');
    const ids = await several(20);
    await twice(ids);
    const { id: clusterId } = await clusterOf(ids);
    const answers = await Promise.allSettled(
      [1, 2, 3].map(() => decideCluster(ana, { clusterId, ...word, shown: ids.slice(0, 1), expected: 20 })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'conflict' });
    }
    expect(await db.review.count({ where: { interactionId: { in: ids } } })).toBe(20);
    expect(
      (await items(ids)).every(({ state, reviewsDone }) => state === 'pending' && reviewsDone === 1),
    ).toBe(true);
  });

  it('leaves a member to the reviewer who holds it, also when both act at once', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const ids = await several(5);
    const { id: clusterId } = await clusterOf(ids);
    const claim = await claimInteraction(bo, { interactionId: ids[0] ?? '' });
    expect(await previewBatch(ana, { clusterId })).toMatchObject({
      count: 4,
      excluded: [{ reason: 'held by somebody else', count: 1 }],
    });
    const [many, one] = await Promise.all([
      decideCluster(ana, { clusterId, ...word, shown: ids.slice(0, 1), expected: 4 }),
      decide(bo, { ...claim, verdict: 'unsure', timeSpentMs: 9 }),
    ]);
    expect(many.decided).toBe(4);
    expect(await db.review.findMany({ where: { interactionId: ids[0] ?? '' } })).toMatchObject([
      { id: one.reviewId, reviewerId: bo.id, batchId: null },
    ]);
  });

  it('is one review of two: agreement decides, disagreement goes to a lead', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const [fresh = '', agreed = '', disputed = ''] = await several(3);
    await twice([fresh, agreed, disputed]);
    await say(ana, agreed, 'benign');
    await say(ana, disputed, 'unsure');
    const { id: clusterId } = await clusterOf([fresh, agreed, disputed]);
    expect(await previewBatch(ana, { clusterId })).toMatchObject({
      count: 1,
      excluded: [{ reason: 'reviewed by you already', count: 2 }],
    });
    await decideCluster(bo, { clusterId, ...word, shown: [fresh], expected: 3 });
    const after = new Map((await items([fresh, agreed, disputed])).map((each) => [each.interactionId, each]));
    expect(after.get(fresh)).toMatchObject({ state: 'pending', stage: 'review', reviewsDone: 1 });
    expect(after.get(agreed)).toMatchObject({ state: 'decided', verdict: 'benign', reviewsDone: 2 });
    expect(after.get(disputed)).toMatchObject({ state: 'pending', stage: 'adjudication', reviewsDone: 2 });
    const told = await db.event.findMany({ where: { action: 'review.disagree', subjectId: disputed } });
    expect(told.map(({ body }) => JSON.parse(body).data)).toEqual([{ verdicts: ['unsure', 'benign'] }]);
  });

  it('is for people who review, and for clusters that are there', async () => {
    const input = { clusterId: newId(), ...word, shown: [newId()], expected: 1 };
    for (const actor of [await person('auditor'), await person('admin'), await machine(['respond'])]) {
      await expect(decideCluster(actor, input)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(decideFilter(actor, { ...input, filter: { severity: 'low' } })).rejects.toMatchObject({
        code: 'forbidden',
      });
    }
    await expect(decideCluster(await person('reviewer'), input)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('decideFilter', () => {
  it('decides what the filter finds and nothing else', async () => {
    const ana = await person('reviewer');
    const low = await Promise.all([flagged({ severity: 'low' }), flagged({ severity: 'low' })]);
    const high = await flagged({ severity: 'high' });
    await claimInteraction(ana, { interactionId: low[0] });
    const filter = { severity: 'low' as const, detector: 'fixture' };
    const answer = await decideFilter(ana, { filter, ...word, shown: low, expected: 2 });
    expect(answer).toMatchObject({ decided: 2, remaining: 0 });
    expect((await items(low)).map(({ state, leaseToken }) => [state, leaseToken])).toEqual([
      ['decided', null],
      ['decided', null],
    ]);
    expect((await items([high]))[0]).toMatchObject({ state: 'pending' });
    expect(await db.reviewBatch.findUnique({ where: { id: answer.batchId } })).toMatchObject({
      kind: 'filter',
      filter,
    });
    const [one = '', other = '', third = ''] = await several(3);
    await clusterOf([one, other, third]);
    const chosen = { items: [one, other].join(',') };
    const some = await decideFilter(ana, { filter: chosen, ...word, shown: [one], expected: 2 });
    expect(some).toMatchObject({ decided: 2, remaining: 0 });
    expect((await items([third]))[0]).toMatchObject({ state: 'pending' });
    expect(batchFilterSchema.safeParse({ items: `${one},` }).success).toBe(false);
    await expect(decideFilter(ana, { filter, ...word, shown: low, expected: 2 })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(
      decideFilter(ana, { filter: { queue: 'nowhere' }, ...word, shown: low, expected: 1 }),
    ).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      decideFilter(ana, { filter: { cluster: 'C-999999' }, ...word, shown: low, expected: 1 }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('reverseBatch', () => {
  it('puts the items back, keeps what moved on and says why, once', async () => {
    const [ana, bo, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
    const ids = await several(5);
    const [linked = '', second = '', disputed = '', ...plain] = ids;
    await twice([second, disputed]);
    const { id: clusterId } = await clusterOf(ids);
    const { batchId } = await decideCluster(ana, { clusterId, ...word, shown: ids.slice(0, 1), expected: 5 });
    await say(bo, second, 'benign');
    await say(bo, disputed, 'unsure');
    const incident = await db.incident.create({ data: { id: newId(), title: 'x', severity: 'sev3' } });
    await db.incidentInteraction.create({ data: { incidentId: incident.id, interactionId: linked } });
    await expect(reverseBatch(bo, { batchId })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(reverseBatch(await person('auditor'), { batchId })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const answers = await Promise.allSettled([
      reverseBatch(ana, { batchId }),
      reverseBatch(lead, { batchId }),
      reverseBatch(ana, { batchId }),
    ]);
    expect(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))).toEqual([
      {
        reversed: 2,
        kept: [
          { reason: 'reviewed by somebody else since', count: 2 },
          { reason: 'linked to an incident', count: 1 },
        ],
      },
    ]);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'conflict' });
    }
    for (const item of await items(plain)) {
      expect(item).toMatchObject({
        state: 'pending',
        stage: 'review',
        reviewsDone: 0,
        verdict: null,
        decidedAt: null,
      });
    }
    expect((await items([linked]))[0]).toMatchObject({ state: 'decided' });
    expect(await db.review.count({ where: { batchId } })).toBe(3);
    const undone = await db.event.findMany({ where: { action: 'review.undo', subjectId: { in: ids } } });
    expect(new Set(undone.map(({ subjectId }) => subjectId))).toEqual(new Set(plain));
    expect(await db.event.count({ where: { action: 'batch.reverse', subjectId: batchId } })).toBe(1);
    await expect(
      decideCluster(ana, { clusterId, ...word, shown: ids.slice(0, 1), expected: 2 }),
    ).resolves.toMatchObject({
      decided: 2,
    });
  });

  it('keeps an earlier review and the lease of who reads the item now', async () => {
    const [ana, bo, cy] = [await person('reviewer'), await person('reviewer'), await person('reviewer')];
    const ids = await several(2);
    const [early = '', open = ''] = ids;
    await twice(ids);
    await say(ana, early, 'unsure');
    const { id: clusterId } = await clusterOf(ids);
    const { batchId } = await decideCluster(bo, { clusterId, ...word, shown: ids.slice(0, 1), expected: 2 });
    const claim = await claimInteraction(cy, { interactionId: open });
    expect(await reverseBatch(bo, { batchId })).toEqual({ reversed: 2, kept: [] });
    const after = new Map((await items(ids)).map((each) => [each.interactionId, each]));
    expect(after.get(early)).toMatchObject({ state: 'pending', stage: 'review', reviewsDone: 1 });
    expect(after.get(open)).toMatchObject({ reviewsDone: 0, leaseToken: claim.token });
  });

  it('is refused after its hours and when nothing can go back, and not found otherwise', async () => {
    const ana = await person('reviewer');
    const ids = await several(2);
    const { id: clusterId } = await clusterOf(ids);
    const { batchId } = await decideCluster(ana, { clusterId, ...word, shown: ids.slice(0, 1), expected: 2 });
    await db.review.updateMany({
      where: { batchId },
      data: { createdAt: new Date(Date.now() - 25 * 3_600_000) },
    });
    await expect(reverseBatch(ana, { batchId })).rejects.toThrow('2 decided more than 24 hours ago');
    expect((await items(ids)).every(({ state }) => state === 'decided')).toBe(true);
    await changeReviewSettings(await person('lead'), { batchReverseHours: 48 });
    expect(await reverseBatch(ana, { batchId })).toEqual({ reversed: 2, kept: [] });
    await expect(reverseBatch(ana, { batchId: newId() })).rejects.toMatchObject({ code: 'not_found' });
  });
});
