import { beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { listQueue } from '#lib/reviews/list';
import { claimNextSchema } from '#lib/reviews/schema';
import { changeReviewSettings } from '#lib/settings/mutations';
import { flagged, person } from '../../tests/fixtures.ts';
import { claimInteraction, claimNext, handOver, heartbeat, hold, skip } from './mutations.ts';

const anything = claimNextSchema.parse({});
const unknown = () => ({ interactionId: crypto.randomUUID(), token: crypto.randomUUID() });
const lastEvent = async (interactionId: string) => {
  const event = await db.event.findFirstOrThrow({
    where: { subjectId: interactionId },
    orderBy: { id: 'desc' },
  });
  return { action: event.action, data: JSON.parse(event.body).data };
};
const item = (interactionId: string) => db.queueItem.findUniqueOrThrow({ where: { interactionId } });

async function next(actor: UserActor): Promise<string | null> {
  const answer = await claimNext(actor, anything, 1);
  return answer.kind === 'claim' ? answer.claim.interactionId : null;
}

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('hold', () => {
  it('keeps an item for its time with its reason in sight; neither a heartbeat nor opening it again shortens it', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer')];
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    const { expiresAt } = await hold(ana, { ...claim, minutes: 60, reason: 'asking the owner' });
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 59 * 60_000);
    expect(await lastEvent(id)).toMatchObject({
      action: 'review.hold',
      data: { reason: 'asking the owner' },
    });
    expect(await heartbeat(ana, claim)).toEqual({ expiresAt });
    expect((await claimInteraction(ana, { interactionId: id })).expiresAt).toEqual(expiresAt);
    expect(await next(bo)).toBeNull();
    expect((await listQueue(bo, { holder: 'all', limit: 5 })).items).toMatchObject([
      { id, heldBy: 'Ana', heldUntil: expiresAt, holdReason: 'asking the owner', mine: false },
    ]);
  });

  it('is refused beyond the settings, without permission, with an old token and for unknown items', async () => {
    const ana = await person('reviewer');
    const claim = await claimInteraction(ana, { interactionId: await flagged() });
    const held = { ...claim, minutes: 30, reason: 'lunch' };
    await changeReviewSettings(await person('lead'), { holdMaxMinutes: 20 });
    await expect(hold(ana, held)).rejects.toMatchObject({
      code: 'invalid',
      fields: { minutes: expect.stringContaining('20') },
    });
    await changeReviewSettings(await person('lead'), { holdMaxMinutes: 480 });
    await expect(hold(await person('auditor'), held)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(hold(ana, { ...held, token: crypto.randomUUID() })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(hold(ana, { ...held, ...unknown() })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('handOver', () => {
  it('is served to that person first, to nobody else until its time is over, and says by whom and why', async () => {
    const [ana, bo, cleo] = [
      await person('reviewer', 'Ana'),
      await person('reviewer', 'Bo'),
      await person('reviewer'),
    ];
    const [earlier, id] = [await flagged(), await flagged()];
    const claim = await claimInteraction(ana, { interactionId: id });
    await handOver(ana, { ...claim, toUserId: bo.id, note: 'you know this API' });
    expect(await lastEvent(id)).toMatchObject({
      action: 'review.handover',
      data: { to: { id: bo.id, name: 'Bo' }, note: 'you know this API' },
    });
    await expect(heartbeat(ana, claim)).rejects.toMatchObject({ code: 'conflict' });
    await expect(claimInteraction(cleo, { interactionId: id })).rejects.toThrow('was handed to Bo');
    expect((await listQueue(bo, { holder: 'mine', limit: 5 })).items).toMatchObject([
      { id, handedTo: 'Bo', handedBy: 'Ana', handoverNote: 'you know this API' },
    ]);
    expect(await next(cleo)).toBe(earlier);
    expect(await next(cleo)).toBeNull();
    expect(await next(bo)).toBe(id);
  });

  it('is free to all once its time is over', async () => {
    const [ana, bo, cleo] = [await person('reviewer'), await person('reviewer'), await person('reviewer')];
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    await handOver(ana, { ...claim, toUserId: bo.id, note: 'please' });
    expect(await next(cleo)).toBeNull();
    await db.queueItem.update({ where: { interactionId: id }, data: { assignedUntil: new Date(0) } });
    expect(await next(cleo)).toBe(id);
  });

  it('is refused to who cannot take it, and the item stays held', async () => {
    const ana = await person('reviewer');
    const id = await flagged({ category: 'malware' });
    const claim = await claimInteraction(ana, { interactionId: id });
    const [gone, optedOut] = [await person('reviewer'), await person('reviewer')];
    await db.user.update({ where: { id: gone.id }, data: { disabledAt: new Date() } });
    await db.preference.create({ data: { userId: optedOut.id, optOuts: ['malware'] } });
    for (const toUserId of [
      ana.id,
      gone.id,
      optedOut.id,
      (await person('auditor')).id,
      crypto.randomUUID(),
    ]) {
      await expect(handOver(ana, { ...claim, toUserId, note: 'take it' })).rejects.toMatchObject({
        code: 'invalid',
        fields: { toUserId: expect.any(String) },
      });
    }
    await expect(heartbeat(ana, claim)).resolves.toBeDefined();
  });

  it('keeps what waits for a lead among leads', async () => {
    const [lead, other, ana] = [await person('lead'), await person('lead'), await person('reviewer')];
    const id = await flagged();
    await db.queueItem.update({ where: { interactionId: id }, data: { stage: 'lead' } });
    const claim = await claimInteraction(lead, { interactionId: id });
    await expect(handOver(lead, { ...claim, toUserId: ana.id, note: 'take it' })).rejects.toThrow(
      'not a lead',
    );
    await handOver(lead, { ...claim, toUserId: other.id, note: 'take it' });
    expect(await next(other)).toBe(id);
  });

  it('is refused without permission, with an old token and for unknown items', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const claim = await claimInteraction(ana, { interactionId: await flagged() });
    const handover = { ...claim, toUserId: bo.id, note: 'please' };
    await expect(handOver(await person('admin'), handover)).rejects.toMatchObject({ code: 'forbidden' });
    await handOver(ana, handover);
    await expect(handOver(ana, handover)).rejects.toMatchObject({ code: 'conflict' });
    await expect(handOver(ana, { ...handover, ...unknown() })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('skip', () => {
  const why = { reason: 'not_my_field' } as const;

  it('hides the item from me only, with my reason; the second person raises it to a lead', async () => {
    const [ana, bo, cleo, lead] = [
      await person('reviewer'),
      await person('reviewer'),
      await person('reviewer'),
      await person('lead'),
    ];
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    expect(await skip(ana, { ...claim, ...why })).toMatchObject({ raised: false });
    expect(await lastEvent(id)).toMatchObject({ action: 'review.skip', data: why });
    expect(await next(ana)).toBeNull();
    // The same person again is still one person.
    expect(
      await skip(ana, { ...(await claimInteraction(ana, { interactionId: id })), ...why }),
    ).toMatchObject({
      raised: false,
    });
    const [other] = [await claimNext(bo, anything, 1)];
    if (other.kind !== 'claim') throw new Error('no claim');
    expect(await skip(bo, { ...other.claim, reason: 'other', note: 'smells odd' })).toMatchObject({
      raised: true,
    });
    expect(await lastEvent(id)).toMatchObject({ action: 'review.raise', data: { skips: 2 } });
    expect(await item(id)).toMatchObject({ stage: 'lead', skips: 2, leaseToken: null });
    expect(await next(cleo)).toBeNull();
    const forLeads = claimNextSchema.parse({ filters: { stage: 'lead' } });
    expect(await claimNext(lead, forLeads, 1)).toMatchObject({ kind: 'claim', claim: { interactionId: id } });
  });

  it('is refused without permission, with an old token and for unknown items', async () => {
    const ana = await person('reviewer');
    const claim = await claimInteraction(ana, { interactionId: await flagged() });
    await expect(skip(await person('auditor'), { ...claim, ...why })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await skip(ana, { ...claim, ...why });
    await expect(skip(ana, { ...claim, ...why })).rejects.toMatchObject({ code: 'conflict' });
    await expect(skip(ana, { ...unknown(), ...why })).rejects.toMatchObject({ code: 'not_found' });
    expect(await db.queueSkip.count({ where: { reviewerId: ana.id } })).toBe(1);
  });
});
