import { expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { subjectHistory } from '#lib/audit/queries';
import { analyseNext } from '#lib/clusters/analysis';
import { automateCluster } from '#lib/clusters/mutations';
import { getCluster } from '#lib/clusters/queries';
import { db } from '#lib/db';
import { getInteraction } from '#lib/interactions/queries';
import { getWorkItem } from '#lib/reviews/queries';
import { clusterOf, flagged, person } from '#tests/fixtures';
import { lookedAtWords } from './looked-at.ts';
import { decideCluster } from './mutations.ts';

const lines = Array.from({ length: 14 }, (_, line) => `v${line} = load_${line}(a, ${line})`).join('\n');

async function arrive(argument: string, name: string): Promise<string> {
  const id = await flagged({
    completion: `${lines}\ndef tidy(${name}):\n    run(${argument})\n    return ${name}`,
  });
  await db.analysisTask.create({ data: { interactionId: id } });
  await analyseNext(systemActor('analysis'), 200);
  return id;
}

it('a batch tells of each member whether it was on the screen, and leads back to itself', async () => {
  const ana = await person('reviewer', 'Ana');
  const ids = [await flagged(), await flagged(), await flagged()];
  const [first = '', second = '', other = ''] = ids;
  const { id: clusterId, ref } = await clusterOf(ids, [other]);
  const word = { clusterId, verdict: 'benign' as const, timeSpentMs: 9 };
  const decided = await decideCluster(ana, { ...word, shown: [first], expected: 2 });
  expect(decided).toMatchObject({ decided: 2, remaining: 1, unseen: 1 });
  const told = async (id: string) => {
    const { reviews } = await getInteraction(ana, id);
    const history = await subjectHistory(ana, { type: 'interaction', id });
    return { batch: reviews[0]?.batch, sentence: history[0]?.sentence };
  };
  const batch = { id: decided.batchId, kind: 'cluster', count: 2, ref };
  expect(await told(first)).toMatchObject({
    batch: { ...batch, looked: 'this' },
    sentence: expect.stringContaining('with 1 other; this one was on the screen'),
  });
  const of = await told(second);
  expect(of).toMatchObject({
    batch: { ...batch, looked: 'variant' },
    sentence: expect.stringContaining('one of its variant was on the screen'),
  });
  expect(of.batch && lookedAtWords(of.batch)).toBe(
    `decided with 1 other as ${ref}; this variant was on the screen, nobody looked at this one`,
  );
  expect((await told(other)).batch).toBeUndefined();
  expect((await getCluster(ana, ref)).batches).toMatchObject([{ id: decided.batchId, count: 2, by: 'Ana' }]);
  const [event] = await subjectHistory(ana, { type: 'batch', id: decided.batchId });
  expect(event?.href).toBe(`/bulk/${decided.batchId}`);

  // Decided before it was kept what was on the screen.
  await db.batchShown.deleteMany({ where: { batchId: decided.batchId } });
  expect((await told(second)).batch).toMatchObject({ looked: 'none' });
});

it('an item that a standing decision leaves says what differs; one that it takes says that nobody looked', async () => {
  const [ana, bo] = [await person('lead', 'Ana'), await person('reviewer')];
  const seed = await arrive('"ls build"', 'path');
  const { clusterId } = await db.clusterMember.findUniqueOrThrow({ where: { interactionId: seed } });
  const until = new Date(Date.now() + 3_600_000);
  const { batchId } = await automateCluster(ana, { clusterId, shown: [seed], verdict: 'benign', until });
  const [wipe, same] = [await arrive('"rm -rf /"', 'path'), await arrive('"ls build"', 'where')];
  const waits = {
    by: 'Ana',
    differences: [{ kind: 'string', without: ['"ls build"'], with: ['"rm -rf /"'] }],
  };
  expect((await getInteraction(bo, wipe)).cluster).toMatchObject({ waits });
  expect((await getWorkItem(bo, wipe)).cluster).toMatchObject({ waits });
  expect((await getInteraction(bo, seed)).cluster?.waits).toBeNull();
  const taken = await getInteraction(bo, same);
  expect(taken.cluster?.waits).toBeNull();
  expect(taken.reviews[0]).toMatchObject({
    batch: { id: batchId, kind: 'standing', looked: 'variant' },
    note: expect.stringContaining('nobody looked at this one'),
  });
  const [event] = await subjectHistory(bo, { type: 'interaction', id: same });
  expect(event?.sentence).toContain('nobody looked at this one');
  expect((await getCluster(bo, clusterId)).automation).toMatchObject({ batchId, variants: 1, decided: 1 });
});
