import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { claimInteraction, claimNext, skip } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { getInteraction } from '#lib/interactions/queries';
import { seedPolicies } from '#lib/policies/mutations';
import { listPolicies } from '#lib/policies/queries';
import { changeReviewSettings } from '#lib/settings/mutations';
import { DEFAULT_REVIEW_SETTINGS } from '#lib/settings/schema';
import { flagged, person } from '../../tests/fixtures.ts';
import { decide } from './mutations.ts';
import { claimNextSchema, type Verdict } from './schema.ts';

let policyId = '';
const unknown = () => ({ interactionId: crypto.randomUUID(), token: crypto.randomUUID() });
const actions = async (interactionId: string) =>
  (await db.event.findMany({ where: { subjectId: interactionId }, orderBy: { id: 'asc' } })).map(
    ({ action }) => action,
  );
const item = (interactionId: string) => db.queueItem.findUniqueOrThrow({ where: { interactionId } });
const settings = async (changes: Parameters<typeof changeReviewSettings>[1]) =>
  changeReviewSettings(await person('lead'), changes);

async function twice(overrides: Parameters<typeof flagged>[0] = {}): Promise<string> {
  const interactionId = await flagged(overrides);
  await db.queueItem.update({ where: { interactionId }, data: { reviewsNeeded: 2 } });
  return interactionId;
}

/** Opens an item and decides it. */
async function say(actor: UserActor, interactionId: string, verdict: Verdict, note?: string) {
  const claim = await claimInteraction(actor, { interactionId });
  return decide(actor, {
    ...claim,
    verdict,
    policyId: verdict === 'harmful' ? policyId : null,
    note: note ?? null,
    timeSpentMs: 5,
  });
}

beforeAll(async () => {
  await seedPolicies();
  policyId = (await listPolicies(await person('reviewer')))[0]?.id ?? '';
});

beforeEach(async () => {
  await db.queueItem.deleteMany();
  await settings(DEFAULT_REVIEW_SETTINGS);
});

describe('decide', () => {
  it('records the review with policy, note and time, closes the item and leaves its event', async () => {
    const ana = await person('reviewer', 'Ana');
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    const decided = await decide(ana, {
      ...claim,
      verdict: 'harmful',
      policyId,
      note: ' concatenated ',
      timeSpentMs: 1_234,
    });
    expect(decided).toEqual({ reviewId: expect.any(String), verdict: 'harmful', undoSeconds: 30 });
    const seen = await getInteraction(await person('auditor'), id);
    expect(seen.queue).toMatchObject({ state: 'decided', heldBy: null });
    expect(seen.reviews).toMatchObject([
      {
        verdict: 'harmful',
        note: 'concatenated',
        timeSpentMs: 1_234,
        reviewer: { name: 'Ana' },
        policy: { key: 'injection' },
      },
    ]);
    expect(await item(id)).toMatchObject({ verdict: 'harmful', policyId, decidedAt: expect.any(Date) });
    const event = await db.event.findFirstOrThrow({ where: { subjectId: id, action: 'review.decide' } });
    expect(JSON.parse(event.body).data).toMatchObject({
      verdict: 'harmful',
      policy: 'injection v1',
      timeSpentMs: 1_234,
    });
  });

  it('accepts a claim that ran out while nobody else took the item', async () => {
    const ana = await person('reviewer');
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    await db.queueItem.update({ where: { interactionId: id }, data: { leaseExpiresAt: new Date(0) } });
    expect(await decide(ana, { ...claim, verdict: 'benign', timeSpentMs: 1 })).toMatchObject({
      verdict: 'benign',
    });
  });

  it('refuses a stale token with who holds it or who decided what, and changes nothing', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer', 'Bo')];
    const id = await flagged();
    const old = await claimInteraction(ana, { interactionId: id });
    await db.queueItem.update({ where: { interactionId: id }, data: { leaseExpiresAt: new Date(0) } });
    const taken = await claimInteraction(bo, { interactionId: id });
    const late = { ...old, verdict: 'benign', timeSpentMs: 1 } as const;
    await expect(decide(ana, late)).rejects.toThrow('Bo holds this item until');
    await decide(bo, { ...taken, verdict: 'unsure', timeSpentMs: 1 });
    await expect(decide(ana, late)).rejects.toMatchObject({
      code: 'conflict',
      message: 'Bo decided unsure already.',
    });
    expect(await db.review.count({ where: { interactionId: id } })).toBe(1);
    expect(await actions(id)).toEqual(['review.claim', 'review.claim', 'review.decide']);
  });

  it('is refused without permission and for unknown items', async () => {
    const decision = { ...unknown(), verdict: 'benign', timeSpentMs: 1 } as const;
    await expect(decide(await person('auditor'), decision)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(decide(await person('lead'), decision)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('counts one of two racing decisions with the same token', async () => {
    const ana = await person('reviewer');
    const claim = await claimInteraction(ana, { interactionId: await flagged() });
    const answers = await Promise.allSettled([
      decide(ana, { ...claim, verdict: 'benign', timeSpentMs: 1 }),
      decide(ana, { ...claim, verdict: 'unsure', timeSpentMs: 1 }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('what a decision must carry', () => {
  const field = (name: string) => ({ code: 'invalid', fields: { [name]: expect.any(String) } });

  it('is what the settings ask for, whatever the sender says', async () => {
    const ana = await person('reviewer');
    const claim = await claimInteraction(ana, { interactionId: await flagged() });
    const benign = { ...claim, verdict: 'benign', timeSpentMs: 1 } as const;
    await expect(decide(ana, { ...benign, verdict: 'harmful' })).rejects.toMatchObject(field('policyId'));
    await expect(decide(ana, { ...benign, policyId: crypto.randomUUID() })).rejects.toMatchObject(
      field('policyId'),
    );
    await settings({ policyRequiredFor: ['benign'], noteRequiredFor: ['benign'] });
    await expect(decide(ana, benign)).rejects.toMatchObject(field('policyId'));
    await expect(decide(ana, { ...benign, policyId, note: '  ' })).rejects.toMatchObject(field('note'));
    await expect(decide(ana, { ...benign, policyId, note: 'tested' })).resolves.toBeDefined();
  });

  it('is a note where the policy wants a reason', async () => {
    const ana = await person('reviewer');
    const strict = await db.policy.create({
      data: {
        id: crypto.randomUUID(),
        key: 'strict',
        version: 1,
        position: 90,
        title: 'Strict',
        text: 'x',
        reasonRequired: true,
      },
    });
    const claim = await claimInteraction(ana, { interactionId: await flagged() });
    const harmful = { ...claim, verdict: 'harmful', policyId: strict.id, timeSpentMs: 1 } as const;
    await expect(decide(ana, harmful)).rejects.toMatchObject(field('note'));
    await expect(decide(ana, { ...harmful, note: 'because' })).resolves.toBeDefined();
  });

  it('is the policy as it is in force: a revised or retired one says what to do, and the claim is kept', async () => {
    const ana = await person('reviewer');
    const make = (version: number, current: boolean) =>
      db.policy.create({
        data: {
          id: crypto.randomUUID(),
          key: 'moving',
          version,
          position: 91,
          title: 'Moving',
          text: 'x',
          current,
        },
      });
    const old = await make(1, false);
    const claim = await claimInteraction(ana, { interactionId: await flagged() });
    const harmful = { ...claim, verdict: 'harmful', timeSpentMs: 1 } as const;
    await expect(decide(ana, { ...harmful, policyId: old.id })).rejects.toThrow('no longer in force');
    const newer = await make(2, true);
    await expect(decide(ana, { ...harmful, policyId: old.id })).rejects.toThrow('version 2 is in force');
    await expect(decide(ana, { ...harmful, policyId: newer.id })).resolves.toBeDefined();
  });
});

describe('two reviews', () => {
  it('are serial: the first puts the item back, is not served to its author, and agreement decides', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const id = await twice();
    await say(ana, id, 'harmful');
    expect(await item(id)).toMatchObject({
      state: 'pending',
      stage: 'review',
      reviewsDone: 1,
      verdict: null,
    });
    expect(await claimNext(ana, claimNextSchema.parse({}), 1)).toEqual({ kind: 'none' });
    await expect(claimInteraction(ana, { interactionId: id })).rejects.toThrow('You have reviewed this item');
    await say(bo, id, 'harmful');
    expect(await item(id)).toMatchObject({ state: 'decided', reviewsDone: 2, verdict: 'harmful', policyId });
    expect(await actions(id)).toEqual(['review.claim', 'review.decide', 'review.claim', 'review.decide']);
  });

  it('that differ go to a lead who took no part, and whose word is final', async () => {
    const [ana, bo, cleo] = [
      await person('reviewer', 'Ana'),
      await person('lead', 'Bo'),
      await person('lead'),
    ];
    const id = await twice();
    await say(ana, id, 'harmful', 'it is');
    await say(bo, id, 'benign', 'it is not');
    expect(await item(id)).toMatchObject({ state: 'pending', stage: 'adjudication', reviewsDone: 2 });
    expect(await actions(id)).toContain('review.disagree');
    const disputes = claimNextSchema.parse({ filters: { stage: 'adjudication' } });
    expect(await claimNext(bo, disputes, 1)).toEqual({ kind: 'none' });
    await expect(claimInteraction(bo, { interactionId: id })).rejects.toMatchObject({ code: 'conflict' });
    await expect(claimInteraction(await person('reviewer'), { interactionId: id })).rejects.toThrow('a lead');
    const answer = await claimNext(cleo, disputes, 1);
    if (answer.kind !== 'claim') throw new Error('no claim');
    await decide(cleo, { ...answer.claim, verdict: 'benign', timeSpentMs: 9 });
    expect(await item(id)).toMatchObject({ state: 'decided', verdict: 'benign', reviewsDone: 2 });
    expect((await actions(id)).at(-1)).toBe('review.adjudicate');
    expect(await db.review.findMany({ where: { interactionId: id, kind: 'adjudication' } })).toHaveLength(1);
  });

  it('by two people at the same moment leave one item with one lease', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => person('reviewer')));
    const id = await twice();
    const answers = await Promise.allSettled(people.map((each) => say(each, id, 'benign')));
    const done = await item(id);
    const accepted = answers.filter(({ status }) => status === 'fulfilled').length;
    expect(accepted).toBe(done.reviewsDone);
    expect(done.reviewsDone).toBeLessThanOrEqual(2);
  });

  it('count a lead’s word on a raised item as one review', async () => {
    const [ana, bo, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
    const id = await flagged();
    for (const each of [ana, bo]) {
      await skip(each, { ...(await claimInteraction(each, { interactionId: id })), reason: 'language' });
    }
    expect(await item(id)).toMatchObject({ stage: 'lead' });
    await say(lead, id, 'benign');
    expect(await item(id)).toMatchObject({ state: 'decided', verdict: 'benign' });
  });
});
