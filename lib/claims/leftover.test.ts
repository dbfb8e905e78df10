import { beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { decide } from '#lib/reviews/mutations';
import { type ClaimNext, claimNextSchema } from '#lib/reviews/schema';
import { changeReviewSettings } from '#lib/settings/mutations';
import { DEFAULT_REVIEW_SETTINGS } from '#lib/settings/schema';
import { flagged, person } from '../../tests/fixtures.ts';
import type { Claim } from './lease.ts';
import { claimInteraction, claimNext, heartbeat, hold } from './mutations.ts';

// What a workbench holds beside what is read in it: the next item, and what a killed tab has left.

/** What a browser asks for: `ahead` while an item is on the screen, else with what its tabs have open. */
async function next(actor: UserActor, given: Partial<ClaimNext> = {}, draw = 1): Promise<Claim | null> {
  const answer = await claimNext(actor, { ...claimNextSchema.parse({}), ...given }, draw);
  return answer.kind === 'claim' ? answer.claim : null;
}
const start = (actor: UserActor, ...open: string[]) => next(actor, { open });
const ahead = (actor: UserActor) => next(actor, { ahead: true });
const idOf = (claim: Claim | null) => claim?.interactionId ?? null;

/** So many items, due one after the other. */
async function waiting(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = await flagged();
    const dueAt = new Date(Date.now() + (index + 1) * 60_000);
    await db.queueItem.update({ where: { interactionId: id }, data: { dueAt } });
    ids.push(id);
  }
  return ids;
}

beforeEach(async () => {
  await db.queueItem.deleteMany();
  await changeReviewSettings(await person('lead'), DEFAULT_REVIEW_SETTINGS);
});

describe('what is claimed ahead', () => {
  it('yields to whoever has nothing, and to nobody who wants it ahead as well', async () => {
    const [ana, bo, cleo] = [
      await person('reviewer'),
      await person('reviewer', 'Bo'),
      await person('reviewer'),
    ];
    const [first, second] = await waiting(2);
    expect(idOf(await start(ana))).toBe(first);
    const behind = await ahead(ana);
    expect(idOf(behind)).toBe(second);
    expect(await ahead(bo)).toBeNull();
    expect(idOf(await start(bo))).toBe(second);
    // It is on Bo's screen now, as the other is on Ana's.
    expect(await start(cleo)).toBeNull();
    if (!behind) throw new Error('nothing was behind');
    await expect(heartbeat(ana, { ...behind, shown: true })).rejects.toThrow('Bo holds this item');
    await expect(decide(ana, { ...behind, verdict: 'benign', timeSpentMs: 1 })).rejects.toThrow('Bo holds');
  });

  it('is free items first', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const [, , third] = await waiting(3);
    await start(ana);
    await ahead(ana);
    expect(idOf(await start(bo))).toBe(third);
  });

  it('yields no more once it is shown, held, or opened', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const [shown, held, opened, mine] = await waiting(4);
    const claims = [await ahead(ana), await ahead(ana), await ahead(ana), await ahead(ana)] as Claim[];
    expect(claims.map(idOf)).toEqual([shown, held, opened, mine]);
    await heartbeat(ana, { ...(claims[0] as Claim), shown: true });
    await hold(ana, { ...(claims[1] as Claim), minutes: 5, reason: 'asked somebody' });
    await claimInteraction(ana, { interactionId: opened ?? '' });
    // A sign of life is not a look.
    await heartbeat(ana, claims[3] as Claim);
    expect(idOf(await start(bo))).toBe(mine);
    expect(await start(bo, mine ?? '')).toBeNull();
  });

  it('goes to nobody for whom it is not: skipped, reviewed, out of their filters or categories, handed over', async () => {
    const [ana, bo, cleo] = [await person('reviewer'), await person('reviewer'), await person('reviewer')];
    const [id = ''] = await waiting(1);
    await ahead(ana);
    await db.preference.create({ data: { userId: bo.id, optOuts: ['insecure_code'] } });
    expect(await start(bo)).toBeNull();
    expect(await next(cleo, { open: [], filters: { language: 'rust' } })).toBeNull();
    await db.queueItem.update({
      where: { interactionId: id },
      data: { assigneeId: ana.id, assignedUntil: new Date(Date.now() + 60_000) },
    });
    expect(await start(cleo)).toBeNull();
    await db.queueItem.update({
      where: { interactionId: id },
      data: { assignedUntil: new Date(0), skips: 1 },
    });
    await db.queueSkip.create({ data: { interactionId: id, reviewerId: cleo.id, reason: 'language' } });
    expect(await start(cleo)).toBeNull();
    expect(idOf(await start(await person('reviewer')))).toBe(id);
  });

  it('yields to another tab of the same person, which has nothing either', async () => {
    const ana = await person('reviewer');
    const [first = '', second = ''] = await waiting(2);
    await start(ana);
    const behind = await ahead(ana);
    expect(idOf(await start(ana, first, second))).toBe(second);
    await expect(heartbeat(ana, { ...(behind as Claim), shown: true })).rejects.toThrow('another tab');
    expect(await start(ana, first, second)).toBeNull();
  });

  it('leaves nobody without an item in ten rounds of two people and three items', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    await waiting(3);
    for (let round = 0; round < 10; round += 1) {
      // Both begin at the same moment, and what they want ahead comes before, between or after.
      const [one, , two] = await Promise.all([start(ana), ahead(round % 2 ? ana : bo), start(bo)]);
      const got = [idOf(one), idOf(two)];
      expect(got).not.toContain(null);
      expect(new Set(got).size).toBe(2);
      // Neither gives anything back: both were killed, and what one left for later is the other's to take.
    }
  });
});

describe('what a killed tab has left', () => {
  it('comes back to its holder first, under a new token', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const [first, second, third] = await waiting(3);
    const lost = await start(ana);
    const behind = await ahead(ana);
    expect([idOf(lost), idOf(behind)]).toEqual([first, second]);
    const again = await start(ana);
    expect(idOf(again)).toBe(first);
    expect(again?.token).not.toBe(lost?.token);
    // For others it is held until its lease says.
    expect(idOf(await start(bo))).toBe(third);
    expect(idOf(await start(ana, first ?? ''))).toBe(second);
  });

  it('is not what another tab shows, what is kept for later, decided, or asked for by another filter', async () => {
    const ana = await person('reviewer');
    const [shown, kept, decided, free] = await waiting(4);
    await start(ana);
    const held = await start(ana, shown ?? '');
    expect(idOf(held)).toBe(kept);
    await hold(ana, { ...(held as Claim), minutes: 60, reason: 'asked somebody' });
    const done = await start(ana, shown ?? '');
    expect(idOf(done)).toBe(decided);
    await decide(ana, { ...(done as Claim), verdict: 'benign', timeSpentMs: 1 });
    expect(idOf(await start(ana, shown ?? ''))).toBe(free);
    expect(await next(ana, { open: [], filters: { severity: 'low' } })).toBeNull();
    // Who does not say what is open gets nothing back: a client that keeps claiming.
    expect(await next(ana)).toBeNull();
  });

  it('is alike for a golden item', async () => {
    const [lead, ana] = [await person('lead'), await person('reviewer')];
    const interactionId = await flagged();
    await db.queueItem.update({ where: { interactionId }, data: { state: 'decided', verdict: 'benign' } });
    await db.goldenItem.create({ data: { interactionId, verdict: 'benign', createdById: lead.id } });
    const lost = await next(ana, { open: [] }, 0);
    expect(idOf(lost)).toBe(interactionId);
    expect(await start(ana, interactionId)).toBeNull();
    const again = await start(ana);
    expect(idOf(again)).toBe(interactionId);
    await hold(ana, { ...(again as Claim), minutes: 60, reason: 'asked somebody' });
    expect(await start(ana)).toBeNull();
  });
});
