import { beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { claimInteraction, claimNext, handOver, heartbeat, hold, skip } from '#lib/claims/mutations';
import { db } from '#lib/db';
import { once } from '#lib/idempotency/once';
import { changeReviewSettings } from '#lib/settings/mutations';
import { DEFAULT_REVIEW_SETTINGS } from '#lib/settings/schema';
import { flagged, person } from '../../tests/fixtures.ts';
import { decide, takeBack } from './mutations.ts';
import { claimNextSchema, type Lease, UNDO_GRACE_SECONDS } from './schema.ts';

// What a browser sends under an id of the act's own may be lost, come late, twice, or after its take-back.

type Act = { name: string; run: (actor: UserActor, lease: Lease, other: UserActor) => Promise<unknown> };

const ACTS: Act[] = [
  { name: 'decide', run: (actor, lease) => decide(actor, { ...lease, verdict: 'benign', timeSpentMs: 5 }) },
  { name: 'skip', run: (actor, lease) => skip(actor, { ...lease, reason: 'language' }) },
  { name: 'hold', run: (actor, lease) => hold(actor, { ...lease, minutes: 60, reason: 'asked the owner' }) },
  {
    name: 'handover',
    run: (actor, lease, other) => handOver(actor, { ...lease, toUserId: other.id, note: 'you know it' }),
  },
];

const item = (interactionId: string) => db.queueItem.findUniqueOrThrow({ where: { interactionId } });
const actions = async (subjectId: string) =>
  (await db.event.findMany({ where: { subjectId }, orderBy: { id: 'asc' } })).map(({ action }) => action);

/** What of an item a person can tell: everything but when it was last leased until. */
async function standing(interactionId: string) {
  const { leaseExpiresAt, ...rest } = await item(interactionId);
  const skips = await db.queueSkip.count({ where: { interactionId } });
  const reviews = await db.review.count({ where: { interactionId } });
  return { ...rest, held: leaseExpiresAt !== null && leaseExpiresAt > new Date(), skips, reviews };
}

async function opened() {
  const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer', 'Bo')];
  const { interactionId, token } = await claimInteraction(ana, { interactionId: await flagged() });
  const lease = { interactionId, token };
  const actId = crypto.randomUUID();
  const send = ({ name, run }: Act) =>
    once(ana, actId, { operation: name, input: lease }, () => run(ana, lease, bo));
  const recall = (waitedMs = 0) => takeBack(ana, { ...lease, actId, waitedMs });
  return { ana, bo, lease, actId, send, recall, before: await standing(interactionId) };
}

beforeEach(async () => {
  await db.queueItem.deleteMany();
  await changeReviewSettings(await person('lead'), DEFAULT_REVIEW_SETTINGS);
});

describe.each(ACTS)('$name and its take-back', (act) => {
  it('in their order: it is undone, and the item is as it was, under the same token', async () => {
    const { ana, lease, send, recall, before } = await opened();
    await send(act);
    expect(await standing(lease.interactionId)).not.toEqual(before);
    expect(await recall()).toEqual({ arrived: true });
    expect(await standing(lease.interactionId)).toEqual(before);
    await expect(heartbeat(ana, lease)).resolves.toBeDefined();
    expect((await actions(lease.interactionId)).at(-1)).toBe('review.undo');
  });

  it('the other way round: it never arrives', async () => {
    const { lease, send, recall, before } = await opened();
    expect(await recall()).toEqual({ arrived: false });
    await expect(send(act)).rejects.toMatchObject({ code: 'conflict' });
    await expect(send(act)).rejects.toThrow('taken back');
    expect(await standing(lease.interactionId)).toEqual(before);
  });

  it('both at once, the item is as it was', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { lease, send, recall, before } = await opened();
      const both = round % 2 ? [recall(), send(act)] : [send(act), recall()];
      await Promise.allSettled([...both, send(act), recall()]);
      expect(await standing(lease.interactionId)).toEqual(before);
    }
  });

  it('sent again, both change nothing more', async () => {
    const { lease, send, recall, before } = await opened();
    await send(act);
    await recall();
    const so = await actions(lease.interactionId);
    expect(await recall()).toEqual({ arrived: true });
    await expect(send(act)).rejects.toThrow('taken back');
    expect(await standing(lease.interactionId)).toEqual(before);
    expect(await actions(lease.interactionId)).toEqual(so);
  });

  it('leaves room for another act with the same claim', async () => {
    const { ana, bo, lease, send, recall } = await opened();
    await send(act);
    await recall();
    await act.run(ana, lease, bo);
    expect((await actions(lease.interactionId)).slice(-2)[0]).toBe('review.undo');
  });

  it('has a time, which counts up to the wish, not to its arrival', async () => {
    const { actId, send, recall, lease } = await opened();
    await send(act);
    const seconds = DEFAULT_REVIEW_SETTINGS.undoSeconds + UNDO_GRACE_SECONDS + 60;
    const past = new Date(Date.now() - seconds * 1_000);
    await db.idempotencyKey.updateMany({ where: { key: actId }, data: { createdAt: past } });
    await db.review.updateMany({ where: { interactionId: lease.interactionId }, data: { createdAt: past } });
    await expect(recall()).rejects.toThrow('that time is over');
    await expect(recall(30_000)).rejects.toThrow('that time is over');
    expect(await recall(120_000)).toEqual({ arrived: true });
  });

  it('is nobody else’s, nor anybody’s without permission, nor on another item', async () => {
    const { bo, lease, actId, send, before } = await opened();
    // For somebody else it is an act that never arrived, and bars nothing.
    expect(await takeBack(bo, { ...lease, actId, waitedMs: 0 })).toEqual({ arrived: false });
    await expect(takeBack(await person('auditor'), { ...lease, actId, waitedMs: 0 })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await send(act);
    expect(await standing(lease.interactionId)).not.toEqual(before);
    const unknown = { interactionId: crypto.randomUUID(), token: lease.token };
    await expect(takeBack(bo, { ...unknown, actId: crypto.randomUUID(), waitedMs: 0 })).rejects.toMatchObject(
      { code: 'not_found' },
    );
  });
});

describe('what was set aside', () => {
  it('stands once somebody has taken it up, and says who', async () => {
    const given = await opened();
    await given.send(ACTS[3] as Act);
    await claimInteraction(given.bo, given.lease);
    await expect(given.recall()).rejects.toThrow('Bo holds this item');
    expect(await item(given.lease.interactionId)).toMatchObject({ leaseHolderId: given.bo.id });

    const kept = await opened();
    await kept.send(ACTS[2] as Act);
    await db.queueItem.update({
      where: { interactionId: kept.lease.interactionId },
      data: { leaseExpiresAt: new Date(0) },
    });
    await claimInteraction(kept.bo, kept.lease);
    await expect(kept.recall()).rejects.toThrow('Bo holds this item');
  });

  it('is skipped no more also while somebody else reads it, whose claim stays', async () => {
    const { ana, bo, lease, send, recall } = await opened();
    await send(ACTS[1] as Act);
    const theirs = await claimInteraction(bo, lease);
    expect(await recall()).toEqual({ arrived: true });
    await expect(heartbeat(bo, theirs)).resolves.toBeDefined();
    await expect(heartbeat(ana, lease)).rejects.toThrow('Bo holds');
    expect(await standing(lease.interactionId)).toMatchObject({ skips: 0 });
  });

  it('comes down from the leads again, unless one of them has it open', async () => {
    const lead = await person('lead');
    await changeReviewSettings(lead, { skipsToLead: 1 });
    const up = await opened();
    await up.send(ACTS[1] as Act);
    expect(await item(up.lease.interactionId)).toMatchObject({ stage: 'lead', skips: 1 });
    await up.recall();
    expect(await standing(up.lease.interactionId)).toEqual(up.before);

    const taken = await opened();
    await taken.send(ACTS[1] as Act);
    await claimInteraction(lead, taken.lease);
    await expect(taken.recall()).rejects.toThrow('A lead has taken this item up');
    expect(await item(taken.lease.interactionId)).toMatchObject({ stage: 'lead', skips: 1 });
  });

  it('keeps an earlier skip, an earlier hold and who handed it over', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const interactionId = await flagged();
    const first = await claimInteraction(bo, { interactionId });
    await handOver(bo, { ...first, toUserId: ana.id, note: 'yours' });
    const { token } = await claimInteraction(ana, { interactionId });
    const lease = { interactionId, token };
    await hold(ana, { ...lease, minutes: 120, reason: 'reading on' });
    await db.queueSkip.create({ data: { interactionId, reviewerId: ana.id, reason: 'language' } });
    const before = await item(interactionId);
    const actId = crypto.randomUUID();
    await once(ana, actId, { operation: 'skip', input: null }, () =>
      skip(ana, { ...lease, reason: 'distressing' }),
    );
    expect(await item(interactionId)).toMatchObject({ assigneeId: null, holdReason: null });
    await takeBack(ana, { ...lease, actId, waitedMs: 0 });
    const { skips: _, ...same } = before;
    expect(await item(interactionId)).toMatchObject(same);
    expect(await db.queueSkip.count({ where: { interactionId } })).toBe(1);
  });

  it('is taken back alike where it was a golden item', async () => {
    const [lead, ana] = [await person('lead'), await person('reviewer')];
    for (const act of ACTS) {
      const interactionId = await flagged();
      await db.queueItem.update({ where: { interactionId }, data: { state: 'decided', verdict: 'benign' } });
      await db.goldenItem.create({ data: { interactionId, verdict: 'benign', createdById: lead.id } });
      const claim = await claimNext(ana, claimNextSchema.parse({}), 0);
      if (claim.kind !== 'claim') throw new Error('no golden item');
      const lease = { interactionId, token: claim.claim.token };
      const actId = crypto.randomUUID();
      await once(ana, actId, { operation: act.name, input: null }, () => act.run(ana, lease, lead));
      expect(await takeBack(ana, { ...lease, actId, waitedMs: 0 }), act.name).toEqual({ arrived: true });
      await expect(heartbeat(ana, lease), act.name).resolves.toBeDefined();
      await decide(ana, { ...lease, verdict: 'benign', timeSpentMs: 1 });
    }
  });
});
