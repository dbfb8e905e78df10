import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { db } from '#lib/db';
import { getInteraction } from '#lib/interactions/queries';
import { seedPolicies } from '#lib/policies/mutations';
import { listPolicies } from '#lib/policies/queries';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { claimInteraction, claimNext, decide, heartbeat, releaseClaim } from './mutations.ts';
import { listQueue, queueSummary } from './queries.ts';
import { decideSchema } from './schema.ts';

let policyId = '';
const next = { filters: {}, skip: [] };
const unknown = () => ({ interactionId: crypto.randomUUID(), token: crypto.randomUUID() });
const actions = async (interactionId: string) =>
  (await db.event.findMany({ where: { subjectId: interactionId }, orderBy: { id: 'asc' } })).map(
    ({ action }) => action,
  );
const expire = (interactionId: string) =>
  db.queueItem.update({ where: { interactionId }, data: { leaseExpiresAt: new Date(Date.now() - 1_000) } });

beforeAll(async () => {
  await seedPolicies();
  const [policy] = await listPolicies(await person('reviewer'));
  policyId = policy?.id ?? '';
});

// Each test sees only what it put into the queue.
beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('claimNext', () => {
  it('serves what is due first, with a token, a lease and an event', async () => {
    const ana = await person('reviewer');
    const [later, sooner] = [await flagged(), await flagged({ language: 'go' })];
    await db.queueItem.update({
      where: { interactionId: sooner },
      data: { dueAt: new Date(Date.now() - 60_000) },
    });
    const first = await claimNext(ana, next);
    expect(first?.interactionId).toBe(sooner);
    const seconds = ((first?.expiresAt.getTime() ?? 0) - Date.now()) / 1_000;
    expect(seconds).toBeGreaterThan(295);
    expect(seconds).toBeLessThanOrEqual(300.5);
    expect((await claimNext(ana, next))?.interactionId).toBe(later);
    expect(await claimNext(ana, next)).toBeNull();
    expect(await actions(sooner)).toEqual(['review.claim']);
  });

  it('follows filters and passes over what was skipped', async () => {
    const ana = await person('reviewer');
    const [python, go] = [
      await flagged(),
      await flagged({ language: 'go', severity: 'low', category: 'secret' }),
    ];
    expect(await claimNext(ana, { filters: { language: 'rust' }, skip: [] })).toBeNull();
    expect(await claimNext(ana, { filters: {}, skip: [python, go] })).toBeNull();
    const filters = { language: 'go', severity: 'low', category: 'secret' } as const;
    expect((await claimNext(ana, { filters, skip: [python] }))?.interactionId).toBe(go);
  });

  it('is for reviewers, leads and commanders', async () => {
    for (const actor of [
      await person('auditor'),
      await person('admin'),
      await machine(['ingest', 'respond', 'export']),
    ]) {
      await expect(claimNext(actor, next)).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  it('serves a claim that ran out once more, and once only', async () => {
    const [ana, bo, cleo] = [await person('reviewer'), await person('reviewer'), await person('reviewer')];
    const id = await flagged();
    await claimNext(ana, next);
    await expire(id);
    const served = await Promise.all([claimNext(bo, next), claimNext(cleo, next), claimNext(bo, next)]);
    expect(served.filter((claim) => claim !== null)).toHaveLength(1);
  });
});

describe('20 reviewers at once over 200 items', () => {
  const REVIEWERS = 20;
  const ITEMS = 200;

  async function drain(claim: (reviewerId: number) => Promise<string | null>): Promise<string[]> {
    const served = await Promise.all(
      Array.from({ length: REVIEWERS }, async (_, reviewer) => {
        const mine: string[] = [];
        for (let id = await claim(reviewer); id !== null && mine.length < ITEMS; id = await claim(reviewer))
          mine.push(id);
        return mine;
      }),
    );
    return served.flat();
  }

  it('serves each item once inside a lease', async () => {
    const reviewers = await Promise.all(Array.from({ length: REVIEWERS }, () => person('reviewer')));
    await Promise.all(Array.from({ length: ITEMS }, () => flagged()));
    const served = await drain(async (index) => {
      const reviewer = reviewers[index];
      return reviewer ? ((await claimNext(reviewer, next))?.interactionId ?? null) : null;
    });
    expect(served).toHaveLength(ITEMS);
    expect(new Set(served).size).toBe(ITEMS);
  });

  it('would serve items twice if the claim were a select and then an update', async () => {
    const reviewers = await Promise.all(Array.from({ length: REVIEWERS }, () => person('reviewer')));
    await Promise.all(Array.from({ length: ITEMS }, () => flagged()));
    const served = await drain(async (index) => {
      const free = await db.queueItem.findFirst({
        where: { state: 'pending', leaseExpiresAt: null },
        orderBy: [{ dueAt: 'asc' }, { interactionId: 'asc' }],
      });
      if (!free) return null;
      await db.queueItem.update({
        where: { interactionId: free.interactionId },
        data: { leaseHolderId: reviewers[index]?.id, leaseExpiresAt: new Date(Date.now() + 300_000) },
      });
      return free.interactionId;
    });
    expect(served.length).toBeGreaterThan(new Set(served).size);
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
    expect(await claimNext(await person('reviewer'), next)).toBeNull();
  });

  it('is refused to other people, without permission, with an old token and for unknown items', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer', 'Bo')];
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    await expect(heartbeat(bo, claim)).rejects.toMatchObject({ code: 'conflict' });
    await expire(id);
    await claimNext(bo, next);
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
    expect((await claimNext(bo, next))?.interactionId).toBe(id);
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

describe('decide', () => {
  it('records the review with policy, note and time, closes the item and leaves its event', async () => {
    const ana = await person('reviewer', 'Ana');
    const id = await flagged();
    const claim = await claimInteraction(ana, { interactionId: id });
    await decide(ana, { ...claim, verdict: 'harmful', policyId, note: ' concatenated ', timeSpentMs: 1_234 });
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
    await expire(id);
    expect(await decide(ana, { ...claim, verdict: 'benign', timeSpentMs: 1 })).toMatchObject({
      verdict: 'benign',
    });
  });

  it('refuses a stale token with who holds it or who decided what, and changes nothing', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer', 'Bo')];
    const id = await flagged();
    const old = await claimInteraction(ana, { interactionId: id });
    await expire(id);
    const taken = await claimNext(bo, next);
    const late = { ...old, verdict: 'benign', timeSpentMs: 1 } as const;
    await expect(decide(ana, late)).rejects.toThrow('Bo holds this item until');
    await decide(bo, { interactionId: id, token: taken?.token ?? '', verdict: 'unsure', timeSpentMs: 1 });
    await expect(decide(ana, late)).rejects.toMatchObject({
      code: 'conflict',
      message: 'Bo decided unsure already.',
    });
    expect(await db.review.count({ where: { interactionId: id } })).toBe(1);
    expect(await actions(id)).toEqual(['review.claim', 'review.claim', 'review.decide']);
  });

  it('needs a policy in force for harmful, whatever the sender says', async () => {
    const ana = await person('reviewer');
    const claim = await claimInteraction(ana, { interactionId: await flagged() });
    const harmful = { ...claim, verdict: 'harmful', timeSpentMs: 1 } as const;
    const { interactionId, token } = claim;
    expect(decideSchema.safeParse({ interactionId, token, verdict: 'harmful', timeSpentMs: 1 }).success).toBe(
      false,
    );
    await expect(decide(ana, harmful)).rejects.toMatchObject({
      code: 'invalid',
      fields: { policyId: expect.any(String) },
    });
    const invented = { ...harmful, policyId: crypto.randomUUID() };
    await expect(decide(ana, invented)).rejects.toMatchObject({ code: 'invalid' });
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

describe('the list', () => {
  it('pages by due time, says who holds what, and counts', async () => {
    const [ana, bo] = [await person('reviewer', 'Ana'), await person('reviewer')];
    const ids = [await flagged(), await flagged({ language: 'go' }), await flagged()];
    const claim = await claimInteraction(ana, { interactionId: ids[1] ?? '' });
    const page = await listQueue(bo, { holder: 'all', limit: 2 });
    const rest = await listQueue(bo, { holder: 'all', limit: 2, cursor: page.nextCursor ?? '' });
    expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
    expect(page.items[1]).toMatchObject({ heldBy: 'Ana', mine: false, title: 'SQL built by concatenation' });
    expect((await listQueue(ana, { holder: 'mine', limit: 9 })).items.map(({ id }) => id)).toEqual([ids[1]]);
    expect(
      (await listQueue(bo, { holder: 'all', language: 'go', severity: 'high', limit: 9 })).items,
    ).toHaveLength(1);
    await decide(ana, { ...claim, verdict: 'benign', timeSpentMs: 5 });
    expect(await queueSummary(ana)).toMatchObject({
      pending: 2,
      today: 1,
      languages: [{ language: 'python', pending: 2 }],
    });
    expect((await queueSummary(bo)).today).toBe(0);
    await expect(listQueue(await machine(['ingest']), { holder: 'all', limit: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
