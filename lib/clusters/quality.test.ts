import { beforeAll, describe, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { checkRow } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import { suggestFromCluster } from '#lib/mitigations/suggestions';
import { machine, person } from '#tests/fixtures';
import { hasRealData, realDataPlace, realRows } from '#tests/real-data';
import { analyseNext } from './analysis.ts';
import { arrivalOf, readFlagged } from './arrivals.ts';
import { assignClusters } from './assign.ts';
import { clusterRef } from './schema.ts';

if (!hasRealData) console.log(`Quality of clusters: skipped, there is no ${realDataPlace}.`);

/** An interaction of SALLM with what its id says: `<model>_<temperature>/<task>#<sample>`. */
type Answer = { id: string; externalId: string; task: string; cluster: string };

const taskOf = (externalId: string) => externalId.split('/').at(-1)?.split('#')[0] ?? '';

const pairs = (sizes: Iterable<number>) => [...sizes].reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);

function sizesBy(answers: Answer[], key: (answer: Answer) => string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const answer of answers) sizes.set(key(answer), (sizes.get(key(answer)) ?? 0) + 1);
  return sizes;
}

/** Of all pairs in one cluster, those of one task and rule; of all pairs of one task and rule, those in one cluster. */
function quality(answers: Answer[]) {
  const together = pairs(sizesBy(answers, ({ cluster }) => cluster).values());
  const belong = pairs(sizesBy(answers, ({ task }) => task).values());
  const both = pairs(sizesBy(answers, ({ cluster, task }) => `${cluster} ${task}`).values());
  const round = (share: number) => Math.round(share * 1_000) / 1_000;
  return { precision: round(both / together), recall: round(both / belong) };
}

/** The cluster with the most answers that do not belong to its most frequent task, by task: count and first id. */
function largestWrongMerge(answers: Answer[]) {
  const clusters = Map.groupBy(answers, ({ cluster }) => cluster);
  const wrong = [...clusters.values()].map((members) => {
    const tasks = [...Map.groupBy(members, ({ task }) => task).values()].sort((a, b) => b.length - a.length);
    return { wrong: members.length - (tasks[0]?.length ?? 0), size: members.length, tasks };
  });
  const [worst] = wrong.sort((a, b) => b.wrong - a.wrong || b.size - a.size);
  return {
    wrong: worst?.wrong,
    size: worst?.size,
    tasks: worst?.tasks.map((same) => ({ answers: same.length, first: same[0]?.externalId })),
  };
}

describe.skipIf(!hasRealData)('on the real data', () => {
  const rows = hasRealData ? realRows() : [];
  let seconds = 0;
  beforeAll(async () => {
    const actor = await machine(['ingest']);
    for (let from = 0; from < rows.length; from += 1_000) {
      const { created } = await ingestInteractions(
        actor,
        rows.slice(from, from + 1_000).map((value) => checkRow({ value })),
      );
      expect(created).toBe(Math.min(1_000, rows.length - from));
    }
    const startedAt = performance.now();
    while ((await analyseNext(systemActor('analysis'), 200)).taken > 0);
    seconds = (performance.now() - startedAt) / 1_000;
  });

  it('puts answers to one task under one rule together', async () => {
    const sizes = await db.cluster.findMany({ orderBy: { size: 'desc' }, select: { size: true } });
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBe(rows.length);
    expect(await db.clusterMember.count()).toBe(rows.length);

    const members = await db.$queryRaw<
      { id: string; externalId: string; cluster: string; detector: string }[]
    >`
      SELECT i.id, i.external_id AS "externalId", m.cluster_id::text AS cluster, f.detector
      FROM interaction i JOIN cluster_member m ON m.interaction_id = i.id
      JOIN finding f ON f.interaction_id = i.id AND f.position = 0
      WHERE i.external_id LIKE 's2e-lab/SALLM/%'`;
    const answers = members.map(({ detector, ...row }) => ({
      ...row,
      task: `${taskOf(row.externalId)} ${detector}`,
    }));
    const found = quality(answers);
    // Only shown, and each clusters all answers once more.
    const byThreshold = [];
    for (const threshold of process.env.STOPGAP_EVERY_RECORD === '1' ? [0.5, 0.6, 0.7, 0.8] : []) {
      byThreshold.push({ threshold, ...(await clusteredAnew(answers, threshold)) });
    }
    console.log(
      `Quality of clusters: ${JSON.stringify(
        {
          interactions: rows.length,
          clusters: sizes.length,
          ofOne: sizes.filter(({ size }) => size === 1).length,
          largest: sizes.slice(0, 12).map(({ size }) => size),
          seconds: Math.round(seconds * 10) / 10,
          sallm: {
            answers: answers.length,
            tasksUnderRules: sizesBy(answers, ({ task }) => task).size,
            ...found,
          },
          byThreshold,
          largestWrongMerge: largestWrongMerge(answers),
        },
        null,
        2,
      )}`,
    );
    // Measured 0.83 and 0.23 at the default threshold: answers of different models to one task do differ.
    expect(found.precision).toBeGreaterThanOrEqual(0.8);
    expect(found.recall).toBeGreaterThanOrEqual(0.2);
  });

  it('finds suggestions that hit all members and hardly anything else', async () => {
    const lead = await person('lead');
    const clusters = await db.cluster.findMany({
      where: { size: { gte: 3 } },
      orderBy: [{ size: 'desc' }, { number: 'asc' }],
      take: 60,
      select: { number: true, size: true },
    });
    let [tried, complete, rare, members, hit, others, elsewhere] = [0, 0, 0, 0, 0, 0, 0];
    const kinds: Record<string, number> = {};
    for (const { number } of clusters) {
      const suggestion = await suggestFromCluster(lead, clusterRef(number));
      const [why] = suggestion?.why ?? [];
      tried += 1;
      if (!why) continue;
      kinds[why.kind] = (kinds[why.kind] ?? 0) + 1;
      if (why.inMembers === why.members) complete += 1;
      if (why.elsewhere <= why.of * 0.01) rare += 1;
      members += why.members;
      hit += why.inMembers;
      others += why.of;
      elsewhere += why.elsewhere;
    }
    const figures = { clusters: tried, complete, rare, kinds, members, hit, others, elsewhere };
    console.log(`Suggestions for real clusters: ${JSON.stringify(figures)}`);
    expect(hit / members).toBeGreaterThan(0.9);
    expect(elsewhere / others).toBeLessThan(0.02);
  });
});

/** The same answers under another threshold, in a transaction that is taken back. */
async function clusteredAnew(answers: Answer[], threshold: number) {
  let result = { clusters: 0, precision: 0, recall: 0 };
  const ids = answers.map(({ id }) => id);
  await db
    .$transaction(
      async (tx) => {
        await tx.$executeRaw`DELETE FROM cluster_member WHERE interaction_id = ANY(${ids}::uuid[])`;
        await tx.$executeRaw`DELETE FROM cluster_band`;
        await tx.$executeRaw`UPDATE cluster_shape SET scope = 'before ' || scope`;
        const arrivals = (await readFlagged(tx, ids)).map(arrivalOf);
        const members = [];
        for (let from = 0; from < arrivals.length; from += 200) {
          members.push(...(await assignClusters(tx, arrivals.slice(from, from + 200), threshold)).members);
        }
        const clusterOf = new Map(members.map(({ interactionId, clusterId }) => [interactionId, clusterId]));
        const anew = answers.map((answer) => ({ ...answer, cluster: clusterOf.get(answer.id) ?? '' }));
        result = { clusters: sizesBy(anew, ({ cluster }) => cluster).size, ...quality(anew) };
        throw new Error('taken back');
      },
      { timeout: 60_000 },
    )
    .catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== 'taken back') throw error;
    });
  return result;
}
