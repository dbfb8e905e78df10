import { beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { once } from '#lib/idempotency/once';
import { decide, takeBack } from '#lib/reviews/mutations';
import { getWorkItem } from '#lib/reviews/queries';
import { claimNextSchema } from '#lib/reviews/schema';
import { flagged, person } from '../../tests/fixtures.ts';
import type { Claim } from './lease.ts';
import { claimInteraction, claimNext, handOver, heartbeat, hold, releaseClaim, skip } from './mutations.ts';

const SERVE = 0;
const DO_NOT = 1;

async function next(actor: UserActor, draw: number, filters = {}): Promise<Claim | null> {
  const answer = await claimNext(actor, claimNextSchema.parse({ filters }), draw);
  return answer.kind === 'claim' ? answer.claim : null;
}

/** A decided interaction with a known answer. */
async function golden(overrides: Parameters<typeof flagged>[0] = {}): Promise<string> {
  const interactionId = await flagged(overrides);
  await db.queueItem.update({
    where: { interactionId },
    data: { state: 'decided', verdict: 'harmful', decidedAt: new Date() },
  });
  const lead = await person('lead');
  await db.goldenItem.create({ data: { interactionId, verdict: 'harmful', createdById: lead.id } });
  return interactionId;
}

const answerOf = (interactionId: string, { id: reviewerId }: UserActor) =>
  db.goldenAnswer.findUniqueOrThrow({ where: { interactionId_reviewerId: { interactionId, reviewerId } } });

beforeEach(async () => {
  await db.goldenAnswer.deleteMany();
  await db.goldenItem.deleteMany();
  await db.queueItem.deleteMany();
});

describe('golden items', () => {
  it('come now and then instead of a queue item, in the same shape, to each person once', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const [known, open] = [await golden(), await flagged()];
    const claim = await next(ana, SERVE);
    expect(claim).toMatchObject({ interactionId: known });
    expect(Object.keys(claim ?? {}).toSorted()).toEqual(['expiresAt', 'interactionId', 'token']);
    // It is in her other tab now; the next draw goes to the queue.
    expect((await next(ana, SERVE))?.interactionId).toBe(open);
    expect((await next(bo, DO_NOT))?.interactionId).toBeUndefined();
    expect((await next(bo, SERVE))?.interactionId).toBe(known);
    const shown = await getWorkItem(ana, known);
    expect(shown).toMatchObject({ stage: 'review', disagreement: null });
    expect(JSON.stringify(shown)).not.toMatch(/golden|decidedAt|verdict/i);
  });

  it('take an answer that is no review, changes no item, and may be taken back', async () => {
    const ana = await person('reviewer');
    const known = await golden();
    const claim = await next(ana, SERVE);
    if (!claim) throw new Error('no claim');
    await heartbeat(ana, claim);
    const decision = { ...claim, verdict: 'benign', note: 'fine', timeSpentMs: 7 } as const;
    const actId = crypto.randomUUID();
    const asked = { operation: 'decide', input: decision };
    const { undoSeconds } = await once(ana, actId, asked, () => decide(ana, decision));
    expect(undoSeconds).toBe(30);
    expect(await answerOf(known, ana)).toMatchObject({ verdict: 'benign', note: 'fine', timeSpentMs: 7 });
    expect(await db.review.count()).toBe(0);
    expect(await db.queueItem.findUnique({ where: { interactionId: known } })).toMatchObject({
      state: 'decided',
      verdict: 'harmful',
    });
    await expect(decide(ana, decision)).rejects.toMatchObject({ code: 'conflict' });
    expect(await next(ana, SERVE)).toBeNull();
    const wish = { interactionId: known, token: claim.token, actId, waitedMs: 0 };
    expect(await takeBack(ana, wish)).toEqual({ arrived: true });
    expect(await answerOf(known, ana)).toMatchObject({ verdict: null, answeredAt: null });
    const again = await claimInteraction(ana, { interactionId: known });
    await decide(ana, { ...again, verdict: 'unsure', timeSpentMs: 1 });
    // It was undone once, and the answer that came after stands.
    expect(await takeBack(ana, wish)).toEqual({ arrived: true });
    expect(await answerOf(known, ana)).toMatchObject({ verdict: 'unsure' });
  });

  it('obey filters, opt-outs and what the person knows already', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const known = await golden({ category: 'malware', language: 'go' });
    expect(await next(ana, SERVE, { language: 'rust' })).toBeNull();
    await db.preference.create({ data: { userId: ana.id, optOuts: ['malware'] } });
    expect(await next(ana, SERVE)).toBeNull();
    await db.review.create({
      data: {
        id: crypto.randomUUID(),
        interactionId: known,
        reviewerId: bo.id,
        verdict: 'harmful',
        timeSpentMs: 1,
      },
    });
    expect(await next(bo, SERVE)).toBeNull();
    const cleo = await person('reviewer');
    await db.goldenItem.update({ where: { interactionId: known }, data: { retiredAt: new Date() } });
    expect(await next(cleo, SERVE)).toBeNull();
    await db.goldenItem.update({
      where: { interactionId: known },
      data: { retiredAt: null, createdById: cleo.id },
    });
    expect(await next(cleo, SERVE)).toBeNull();
  });

  it('are put back, held, skipped and handed over like others, and skipped ones stay away', async () => {
    const [ana, bo, cleo] = [await person('reviewer'), await person('reviewer'), await person('reviewer')];
    const known = await golden();
    const first = await next(ana, SERVE);
    if (!first) throw new Error('no claim');
    const { expiresAt } = await hold(ana, { ...first, minutes: 30, reason: 'thinking' });
    expect(await heartbeat(ana, first)).toEqual({ expiresAt });
    await releaseClaim(ana, first);
    await expect(releaseClaim(ana, first)).rejects.toMatchObject({ code: 'conflict' });
    const second = await next(ana, SERVE);
    expect(second?.interactionId).toBe(known);
    if (second) expect(await skip(ana, { ...second, reason: 'language' })).toMatchObject({ raised: false });
    expect(await next(ana, SERVE)).toBeNull();
    expect(await answerOf(known, ana)).toMatchObject({ verdict: null, answeredAt: expect.any(Date) });
    const third = await next(bo, SERVE);
    if (third) await handOver(bo, { ...third, toUserId: cleo.id, note: 'yours' });
    expect(await next(bo, SERVE)).toBeNull();
    expect(await db.queueSkip.count()).toBe(0);
  });

  it('come by the share that the settings name, and never to who asks for disputes', async () => {
    const lead = await person('lead');
    await golden();
    expect(await next(lead, 0.02)).toBeNull();
    expect(await next(lead, SERVE, { stage: 'adjudication' })).toBeNull();
    expect(await next(lead, 0.019)).not.toBeNull();
  });
});
