import { beforeEach, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { decide } from '#lib/reviews/mutations';
import { claimNextSchema } from '#lib/reviews/schema';
import { flagged, person } from '../../tests/fixtures.ts';
import type { Claim } from './lease.ts';
import { claimInteraction, claimNext } from './mutations.ts';

const REVIEWERS = 50;
const ITEMS = 600;
const anything = claimNextSchema.parse({});

async function next(actor: UserActor): Promise<Claim | null> {
  const answer = await claimNext(actor, anything, 1);
  return answer.kind === 'claim' ? answer.claim : null;
}

/** Many items in two statements: as many calls of the fixture would be most of the test's time. */
async function fillQueue(items: number): Promise<void> {
  await db.$executeRaw`
    WITH made AS (
      INSERT INTO interaction (id, source, external_id, digest, occurred_at, model_name, model_version, surface,
        language, actor_id, prompt, completion)
      SELECT gen_random_uuid(), 'fixture', gen_random_uuid()::text, '', now(), 'codex-sim', '1', 'inline', 'python',
        'actor', '', '' FROM generate_series(1, ${items}::int) RETURNING id)
    INSERT INTO queue_item (interaction_id, severity, category, language, received_at, due_at)
    SELECT id, 'high', 'insecure_code', 'python', now(), now() + random() * interval '1 hour' FROM made`;
}

let free = 12;
const waiting: (() => void)[] = [];

/** As many at once as the pool has connections: whoever waits for one gives up after 5 s, on a slow machine too. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

/** Every reviewer takes until nothing is left; what each was served. */
async function drain(claim: (reviewer: UserActor) => Promise<string | null>): Promise<string[]> {
  const reviewers = await Promise.all(Array.from({ length: REVIEWERS }, () => person('reviewer')));
  const served = await Promise.all(
    reviewers.map(async (reviewer) => {
      const mine: string[] = [];
      const take = () => inTurn(() => claim(reviewer));
      for (let id = await take(); id !== null && mine.length < ITEMS; id = await take()) mine.push(id);
      return mine;
    }),
  );
  return served.flat();
}

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

describe('50 reviewers at once over 600 items', () => {
  it('are served each item once inside a lease', async () => {
    await fillQueue(ITEMS);
    const served = await drain(async (reviewer) => (await next(reviewer))?.interactionId ?? null);
    expect(served).toHaveLength(ITEMS);
    expect(new Set(served).size).toBe(ITEMS);
  });

  it('are served each item once also when they opted out of most of what is due first', async () => {
    await fillQueue(ITEMS / 2);
    await db.$executeRaw`UPDATE queue_item SET category = 'malware' WHERE random() < 0.5`;
    const theirs = await db.queueItem.count({ where: { category: 'malware' } });
    const served = await drain(async (reviewer) => {
      await db.preference.upsert({
        where: { userId: reviewer.id },
        create: { userId: reviewer.id, optOuts: ['insecure_code'] },
        update: {},
      });
      return (await next(reviewer))?.interactionId ?? null;
    });
    expect(served).toHaveLength(theirs);
    expect(new Set(served).size).toBe(theirs);
    expect(await db.queueItem.count({ where: { category: 'insecure_code', leaseToken: null } })).toBe(
      ITEMS / 2 - theirs,
    );
  });

  it('would be served items twice by a select and then an update', async () => {
    await fillQueue(40);
    const served = await drain(async (reviewer) => {
      const free = await db.queueItem.findFirst({
        where: { state: 'pending', leaseExpiresAt: null },
        orderBy: [{ dueAt: 'asc' }, { interactionId: 'asc' }],
      });
      if (!free) return null;
      await db.queueItem.update({
        where: { interactionId: free.interactionId },
        data: { leaseHolderId: reviewer.id, leaseExpiresAt: new Date(Date.now() + 300_000) },
      });
      return free.interactionId;
    });
    expect(served.length).toBeGreaterThan(new Set(served).size);
  });

  it('are served what ran out again, exactly once, and the old tokens are refused with who has or decided it', async () => {
    await fillQueue(120);
    const ana = await person('reviewer', 'Ana');
    const old: Claim[] = [];
    for (let claim = await next(ana); claim; claim = await next(ana)) old.push(claim);
    expect(old).toHaveLength(120);
    await db.queueItem.updateMany({ data: { leaseExpiresAt: new Date(Date.now() - 1_000) } });
    const again = new Map<string, { claim: Claim; by: UserActor }>();
    const served = await drain(async (reviewer) => {
      const claim = await next(reviewer);
      if (claim) again.set(claim.interactionId, { claim, by: reviewer });
      return claim?.interactionId ?? null;
    });
    expect(served).toHaveLength(120);
    expect(new Set(served).size).toBe(120);
    for (const stale of old.slice(0, 20)) {
      const late = { ...stale, verdict: 'benign', timeSpentMs: 1 } as const;
      const taken = again.get(stale.interactionId);
      if (!taken) throw new Error('it was not served again');
      await expect(decide(ana, late)).rejects.toThrow(`${taken.by.name} holds this item until`);
      await decide(taken.by, { ...taken.claim, verdict: 'unsure', timeSpentMs: 1 });
      await expect(decide(ana, late)).rejects.toMatchObject({
        code: 'conflict',
        message: `${taken.by.name} decided unsure already.`,
      });
    }
    expect(await db.review.count()).toBe(20);
  });
});

it('a claim that ran out is served once more, and once only', async () => {
  const people = await Promise.all(Array.from({ length: 9 }, () => person('reviewer')));
  const [ana, ...others] = people;
  const interactionId = await flagged();
  if (ana) await claimInteraction(ana, { interactionId });
  await db.queueItem.update({ where: { interactionId }, data: { leaseExpiresAt: new Date(0) } });
  const served = await Promise.all(others.map(next));
  expect(served.filter((claim) => claim !== null)).toHaveLength(1);
});

it('an item whose row is being changed at this moment is waited for, not called nothing', async () => {
  const ana = await person('reviewer');
  const interactionId = await flagged();
  let locked = () => {};
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  // As a re-routing does, whose batch may hold every pending item.
  const changing = db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM queue_item WHERE interaction_id = ${interactionId}::uuid FOR UPDATE`;
    locked();
    await released;
  });
  await isLocked;
  const serving = next(ana);
  await new Promise((resolve) => setTimeout(resolve, 150));
  release();
  await changing;
  expect((await serving)?.interactionId).toBe(interactionId);
});
