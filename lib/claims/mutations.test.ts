import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { seedPolicies } from '#lib/policies/mutations';
import { decide } from '#lib/reviews/mutations';
import { type ClaimNext, claimNextSchema } from '#lib/reviews/schema';
import { changeReviewSettings } from '#lib/settings/mutations';
import { DEFAULT_REVIEW_SETTINGS } from '#lib/settings/schema';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { claimInteraction, claimNext, heartbeat, releaseClaim } from './mutations.ts';

const anything = claimNextSchema.parse({});
const within = (filters: ClaimNext['filters']) => claimNextSchema.parse({ filters });
const unknown = () => ({ interactionId: crypto.randomUUID(), token: crypto.randomUUID() });
const NO_GOLDEN = 1;

/** The id of the item that comes next, null for none. */
async function next(actor: UserActor, input = anything): Promise<string | null> {
  const answer = await claimNext(actor, input, NO_GOLDEN);
  return answer.kind === 'claim' ? answer.claim.interactionId : null;
}
const actions = async (interactionId: string) =>
  (await db.event.findMany({ where: { subjectId: interactionId }, orderBy: { id: 'asc' } })).map(
    ({ action }) => action,
  );
const expire = (interactionId: string) =>
  db.queueItem.update({ where: { interactionId }, data: { leaseExpiresAt: new Date(Date.now() - 1_000) } });
const item = (interactionId: string) => db.queueItem.findUniqueOrThrow({ where: { interactionId } });

beforeAll(async () => {
  await seedPolicies();
});

// Each test sees only what it put into the queue, under the settings' defaults.
beforeEach(async () => {
  await db.queueItem.deleteMany();
  await changeReviewSettings(await person('lead'), DEFAULT_REVIEW_SETTINGS);
});

describe('claimNext', () => {
  it('serves what is due first, with a token, a lease and an event', async () => {
    const ana = await person('reviewer');
    const [later, sooner] = [await flagged(), await flagged({ language: 'go' })];
    await db.queueItem.update({
      where: { interactionId: sooner },
      data: { dueAt: new Date(Date.now() - 60_000) },
    });
    const first = await claimNext(ana, anything, NO_GOLDEN);
    if (first.kind !== 'claim') throw new Error('no claim');
    expect(first.claim.interactionId).toBe(sooner);
    const seconds = (first.claim.expiresAt.getTime() - Date.now()) / 1_000;
    expect(seconds).toBeGreaterThan(295);
    expect(seconds).toBeLessThanOrEqual(300.5);
    expect(await next(ana)).toBe(later);
    expect(await claimNext(ana, anything)).toEqual({ kind: 'none' });
    expect(await actions(sooner)).toEqual(['review.claim']);
    expect((await item(sooner)).firstClaimedAt).toBeInstanceOf(Date);
  });

  it('leases for as long as the settings say', async () => {
    await changeReviewSettings(await person('lead'), { leaseSeconds: 60 });
    await flagged();
    const answer = await claimNext(await person('reviewer'), anything, NO_GOLDEN);
    if (answer.kind !== 'claim') throw new Error('no claim');
    expect(answer.claim.expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(60_500);
  });

  it('follows each filter', async () => {
    const ana = await person('reviewer');
    const id = await flagged({ language: 'go', severity: 'low', category: 'secret' });
    await flagged();
    const queue = await db.queue.create({
      data: { id: crypto.randomUUID(), key: 'secrets', name: 'Secrets', position: 1 },
    });
    await db.queueItem.update({ where: { interactionId: id }, data: { queueId: queue.id } });
    await db.finding.create({
      data: { interactionId: id, position: 1, detector: 'gitleaks', category: 'secret', severity: 'low' },
    });
    const number = await clusterOf([id]);
    for (const filters of [
      { language: 'rust' },
      { queue: 'elsewhere' },
      { detector: 'semgrep' },
      { cluster: 'C-999999' },
      { severity: 'critical' },
      { category: 'malware' },
    ] as const) {
      expect(await next(ana, within(filters))).toBeNull();
    }
    for (const filters of [
      { language: 'go' },
      { queue: 'secrets' },
      { detector: 'gitleaks' },
      { cluster: `C-${number}` },
      { severity: 'low' },
      { category: 'secret' },
      { language: 'go', queue: 'secrets', detector: 'gitleaks', cluster: `C-${number}` },
    ] as const) {
      expect(await next(ana, within(filters))).toBe(id);
      await expire(id);
    }
  });

  it('does not serve categories that the person opted out of', async () => {
    const ana = await person('reviewer');
    const id = await flagged({ category: 'malware' });
    await db.preference.create({ data: { userId: ana.id, optOuts: ['malware', 'exploit'] } });
    expect(await next(ana)).toBeNull();
    expect((await claimInteraction(ana, { interactionId: id })).interactionId).toBe(id);
    await expire(id);
    expect(await next(await person('reviewer'))).toBe(id);
  });

  it('keeps what waits for a lead for leads', async () => {
    const [ana, lead] = [await person('reviewer'), await person('lead')];
    const [raised, disputed] = [await flagged(), await flagged()];
    await db.queueItem.update({ where: { interactionId: raised }, data: { stage: 'lead' } });
    await db.queueItem.update({ where: { interactionId: disputed }, data: { stage: 'adjudication' } });
    expect(await next(ana)).toBeNull();
    expect(await next(lead)).toBeNull();
    await expect(claimNext(ana, within({ stage: 'lead' }))).rejects.toMatchObject({ code: 'forbidden' });
    await expect(claimInteraction(ana, { interactionId: raised })).rejects.toThrow('waits for a lead');
    expect(await next(lead, within({ stage: 'lead' }))).toBe(raised);
    expect(await next(lead, within({ stage: 'adjudication' }))).toBe(disputed);
  });

  it('is for reviewers, leads and commanders', async () => {
    for (const actor of [
      await person('auditor'),
      await person('admin'),
      await machine(['ingest', 'respond', 'export']),
    ]) {
      await expect(claimNext(actor, anything)).rejects.toMatchObject({ code: 'forbidden' });
    }
  });
});

describe('a pause', () => {
  async function decided(ana: UserActor, minutesAgo: readonly number[]) {
    for (const minutes of minutesAgo) {
      await db.review.create({
        data: {
          id: crypto.randomUUID(),
          interactionId: await flagged(),
          reviewerId: ana.id,
          verdict: 'benign',
          timeSpentMs: 1,
          createdAt: new Date(Date.now() - minutes * 60_000),
        },
      });
    }
    await db.queueItem.updateMany({ data: { state: 'decided' } });
    return flagged();
  }

  it('is proposed after so many decisions in a row, and going on is recorded', async () => {
    await changeReviewSettings(await person('lead'), { breakAfter: 5, breakMinutes: 5 });
    const ana = await person('reviewer');
    const id = await decided(ana, [11, 9, 8, 6, 4, 1]);
    expect(await claimNext(ana, anything)).toEqual({ kind: 'break', consecutive: 6, minutes: 5 });
    expect((await item(id)).leaseToken).toBeNull();
    expect(await next(ana, { ...anything, pastBreak: true })).toBe(id);
    const event = await db.event.findFirstOrThrow({ where: { subjectId: id, action: 'review.claim' } });
    expect(JSON.parse(event.body).data).toMatchObject({ pastBreakAfter: 6 });
  });

  it('starts counting again after a gap, and asks those earlier who want it so', async () => {
    await changeReviewSettings(await person('lead'), { breakAfter: 8, breakMinutes: 5 });
    const [ana, bo, cleo] = [await person('reviewer'), await person('reviewer'), await person('reviewer')];
    await decided(ana, [24, 23, 22, 21, 20, 19, 18, 4, 3, 2, 1]);
    expect(await next(ana)).not.toBeNull();
    await db.preference.create({ data: { userId: bo.id, breakAfter: 5 } });
    await decided(bo, [5, 4, 3, 2, 1]);
    expect(await claimNext(bo, anything)).toMatchObject({ kind: 'break', consecutive: 5 });
    await decided(cleo, [13, 12, 11, 10, 9, 8, 7, 6]);
    expect(await next(cleo)).not.toBeNull();
  });
});

describe('claimInteraction', () => {
  it('claims one item, and again for its holder with a new token', async () => {
    const ana = await person('reviewer');
    const id = await flagged();
    const first = await claimInteraction(ana, { interactionId: id });
    const second = await claimInteraction(ana, { interactionId: id });
    expect(second.token).not.toBe(first.token);
    await expect(heartbeat(ana, first)).rejects.toThrow('another tab');
    expect(await actions(id)).toEqual(['review.claim', 'review.claim']);
  });

  it('says who holds it and until when, or who decided what', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer', 'Bo')];
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    const until = claim.expiresAt.toISOString().slice(11, 19);
    await expect(claimInteraction(bo, { interactionId: id })).rejects.toMatchObject({
      code: 'conflict',
      message: `Ana holds this item until ${until} UTC.`,
    });
    const policyId = (await db.policy.findFirstOrThrow({ where: { key: 'injection' } })).id;
    await decide(ana, { ...claim, verdict: 'harmful', policyId, timeSpentMs: 10 });
    await expect(claimInteraction(bo, { interactionId: id })).rejects.toMatchObject({
      code: 'conflict',
      message: 'Ana decided harmful (Injection) already.',
    });
    await expect(claimInteraction(ana, { interactionId: id })).rejects.toThrow('You decided harmful');
  });

  it('is forbidden for auditors and not found outside the queue', async () => {
    const id = await flagged();
    await expect(claimInteraction(await person('auditor'), { interactionId: id })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const elsewhere = claimInteraction(await person('reviewer'), { interactionId: crypto.randomUUID() });
    await expect(elsewhere).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lets one of twenty have it', async () => {
    const reviewers = await Promise.all(Array.from({ length: 20 }, () => person('reviewer')));
    const id = await flagged();
    const answers = await Promise.allSettled(
      reviewers.map((reviewer) => claimInteraction(reviewer, { interactionId: id })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('heartbeat', () => {
  it('extends the lease, also one that ran out while nobody else took it', async () => {
    const ana = await person('reviewer');
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    await expire(id);
    const { expiresAt } = await heartbeat(ana, claim);
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 290_000);
    expect(await next(await person('reviewer'))).toBeNull();
  });

  it('is refused to other people, without permission, with an old token and for unknown items', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer', 'Bo')];
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    await expect(heartbeat(bo, claim)).rejects.toMatchObject({ code: 'conflict' });
    await expire(id);
    await next(bo);
    await expect(heartbeat(ana, claim)).rejects.toThrow('Bo holds this item');
    await expect(heartbeat(await person('auditor'), claim)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(heartbeat(ana, unknown())).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('releaseClaim', () => {
  it('frees the item at once and leaves its event', async () => {
    const [ana, bo] = [await person('reviewer'), await person('reviewer')];
    const id = await flagged();
    await releaseClaim(ana, await claimInteraction(ana, { interactionId: id }));
    expect(await next(bo)).toBe(id);
    expect(await actions(id)).toEqual(['review.claim', 'review.release', 'review.claim']);
  });

  it('is refused without permission, with an old token and for unknown items', async () => {
    const ana = await person('reviewer');
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    await expect(releaseClaim(await person('admin'), claim)).rejects.toMatchObject({ code: 'forbidden' });
    await releaseClaim(ana, claim);
    await expect(releaseClaim(ana, claim)).rejects.toMatchObject({ code: 'conflict' });
    await expect(releaseClaim(ana, unknown())).rejects.toMatchObject({ code: 'not_found' });
  });
});

async function clusterOf(ids: string[]): Promise<number> {
  const at = new Date();
  const cluster = await db.cluster.create({
    data: { id: crypto.randomUUID(), scope: 'x', representativeId: ids[0] ?? '', firstAt: at, lastAt: at },
  });
  const shape = await db.clusterShape.create({
    data: {
      id: crypto.randomUUID(),
      scope: 'x',
      fingerprint: Buffer.from(cluster.id),
      featureHash: Buffer.from(''),
      clusterId: cluster.id,
    },
  });
  await db.clusterMember.createMany({
    data: ids.map((interactionId) => ({
      interactionId,
      clusterId: cluster.id,
      shapeId: shape.id,
      similarity: 1,
    })),
  });
  return cluster.number;
}
