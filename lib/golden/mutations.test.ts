import { describe, expect, it } from 'vitest';
import { claimInteraction, claimNext } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { seedPolicies } from '#lib/policies/mutations';
import { getOwnWork } from '#lib/quality/own-work';
import { decide } from '#lib/reviews/mutations';
import { changeReviewSettings } from '#lib/settings/mutations';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { markGolden, retireGolden } from './mutations.ts';
import { listGolden } from './queries.ts';

async function decidedBy(actor: Awaited<ReturnType<typeof person>>): Promise<string> {
  const interactionId = await flagged();
  const claim = await claimInteraction(actor, { interactionId });
  await decide(actor, { ...claim, verdict: 'benign', timeSpentMs: 1 });
  return interactionId;
}

const answer = { verdict: 'unsure' as const, timeSpentMs: 5 };

describe('markGolden', () => {
  it('makes a decided item known, served to who had no part in it, and to nobody who had', async () => {
    await seedPolicies();
    const [ana, lead] = [await person('reviewer'), await person('lead')];
    const interactionId = await decidedBy(ana);
    const input = {
      interactionId,
      verdict: 'benign' as const,
      policyKey: 'injection',
      note: 'A fixed list.',
    };
    await expect(markGolden(lead, { ...input, policyKey: 'nowhere' })).rejects.toMatchObject({
      code: 'invalid',
      fields: { policyKey: expect.any(String) },
    });
    await markGolden(lead, input);
    const [event] = await db.event.findMany({ where: { action: 'golden.mark' } });
    expect(event).toMatchObject({ subjectId: interactionId, actorId: lead.id });
    expect(event?.body).not.toContain('fixed list');
    await expect(markGolden(lead, input)).rejects.toMatchObject({ code: 'conflict' });
    const next = { filters: {}, pastBreak: false };
    for (const part of [ana, lead]) expect(await claimNext(part, next, 0)).toEqual({ kind: 'none' });
    expect(await claimNext(await person('reviewer'), next, 0)).toMatchObject({ claim: { interactionId } });
    await retireGolden(lead, { interactionId });
    expect(await claimNext(await person('reviewer'), next, 0)).toEqual({ kind: 'none' });
    expect(await db.event.count({ where: { action: 'golden.retire', subjectId: interactionId } })).toBe(1);
    await expect(retireGolden(lead, { interactionId })).rejects.toMatchObject({ code: 'conflict' });
    await expect(markGolden(lead, input)).rejects.toThrow('was golden');
  });

  it('is for leads, for decided items whose text is there', async () => {
    const [ana, lead] = [await person('reviewer'), await person('lead')];
    const pending = await flagged();
    const input = { interactionId: pending, verdict: 'benign' as const };
    for (const actor of [ana, await person('admin'), await machine(['respond'])]) {
      await expect(markGolden(actor, input)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(retireGolden(actor, input)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(listGolden(actor)).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(markGolden(lead, input)).rejects.toThrow('not decided yet');
    const unknown = newId();
    await expect(markGolden(lead, { ...input, interactionId: unknown })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(retireGolden(lead, { interactionId: unknown })).rejects.toMatchObject({ code: 'not_found' });
    await db.queueItem.deleteMany({ where: { interactionId: pending } });
  });
});

describe('listGolden and what /me tells', () => {
  it('tell leads counts, each person their own, and names only where the settings say so', async () => {
    const [author, lead] = [await person('reviewer'), await person('lead')];
    const [right, wrong] = [await person('reviewer', 'Rita'), await person('reviewer', 'Walt')];
    const interactionId = await decidedBy(author);
    await markGolden(lead, { interactionId, verdict: 'unsure', note: 'Ask first.' });
    for (const [reviewer, verdict] of [
      [right, 'unsure'],
      [wrong, 'benign'],
    ] as const) {
      const next = await claimNext(reviewer, { filters: {}, pastBreak: false }, 0);
      if (next.kind !== 'claim') throw new Error('nothing was served');
      await decide(reviewer, { ...next.claim, ...answer, verdict });
    }
    const listed = async () => (await listGolden(lead)).find(({ id }) => id === interactionId);
    expect(await listed()).toMatchObject({ answers: 0, right: null });
    expect((await getOwnWork(wrong)).wrong).toEqual([]);
    await db.goldenAnswer.updateMany({ data: { answeredAt: new Date(Date.now() - 60_000) } });
    expect(await listed()).toMatchObject({ answers: 2, right: null, people: null, by: lead.name });
    expect(JSON.stringify(await listed())).not.toContain('Walt');
    expect((await getOwnWork(wrong)).wrong).toMatchObject([
      { id: interactionId, said: 'benign', known: 'unsure', why: 'Ask first.' },
    ]);
    expect((await getOwnWork(author)).wrong).toEqual([]);
    await changeReviewSettings(lead, { goldenNamesForLeads: true });
    expect(await listed()).toMatchObject({ right: 1, people: [{}, {}] });
  });
});
