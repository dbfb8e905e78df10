import { describe, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { flagged, person } from '#tests/fixtures';
import { type Analysed, analyseNext, MAX_ATTEMPTS } from './analysis.ts';
import { arrivalOf, readFlagged } from './arrivals.ts';
import { assignClusters } from './assign.ts';
import { EXEMPLARS } from './lookup.ts';
import { splitCluster } from './mutations.ts';

const worker = systemActor('analysis');

/** A program of `lines` lines that call functions of `word`'s family. */
function program(word: string, lines = 14): string {
  return Array.from({ length: lines }, (_, line) => `v${line} = ${word}_${line}(a, v${line}, ${line})`).join(
    '\n',
  );
}

async function waiting(completion: string, more: Parameters<typeof flagged>[0] = {}): Promise<string> {
  const id = await flagged({ ...more, completion });
  await db.analysisTask.create({ data: { interactionId: id } });
  return id;
}

async function clusterOf(interactionId: string) {
  const member = await db.clusterMember.findUnique({
    where: { interactionId },
    include: { cluster: true, shape: true },
  });
  if (!member) throw new Error('not a member');
  return member;
}

async function drain(limit = 200): Promise<Analysed[]> {
  const rounds: Analysed[] = [];
  for (;;) {
    const round = await analyseNext(worker, limit);
    if (round.taken === 0) return rounds;
    rounds.push(round);
  }
}

describe('analyseNext', () => {
  it('joins repeats to their shape, near-duplicates as a new shape, and others not; one event, no task left', async () => {
    const text = program('load');
    const first = await waiting(text);
    const repeat = await waiting(`# again\n${text.replaceAll('v', 'other')}`);
    const near = await waiting(`${text}\nextra(a)`);
    const other = await waiting(program('save'));
    const elsewhere = await waiting(text, { category: 'exploit' });
    const before = await db.event.count({ where: { action: 'clusters.assign' } });
    await drain();
    const [one, two, three] = await Promise.all([clusterOf(first), clusterOf(repeat), clusterOf(near)]);
    expect(two.shapeId).toBe(one.shapeId);
    expect(two.similarity).toBe(1);
    expect(three.clusterId).toBe(one.clusterId);
    expect(three.shapeId).not.toBe(one.shapeId);
    expect(three.similarity).toBeGreaterThan(0.7);
    expect(one.cluster).toMatchObject({ size: 3, representativeId: first });
    expect((await clusterOf(other)).clusterId).not.toBe(one.clusterId);
    expect((await clusterOf(elsewhere)).clusterId).not.toBe(one.clusterId);
    expect(await db.analysisTask.count()).toBe(0);
    expect(await db.event.count({ where: { action: 'clusters.assign' } })).toBe(before + 1);

    // Later, in another batch, and with nothing in common but the cluster's second shape.
    const later = await waiting(`${text}\nextra(a) # later`);
    await drain();
    expect((await clusterOf(later)).shapeId).toBe(three.shapeId);
  });

  it('keeps short texts that install, contact or call other things apart, whatever their numbers', async () => {
    const ids = [];
    for (const text of [
      'pip install aaa',
      'pip install bbb',
      'pip  install aaa  # now',
      'sleep(1)',
      'sleep(2)',
    ]) {
      ids.push(await waiting(text));
    }
    await drain();
    const [a, b, again, one, two] = await Promise.all(ids.map(clusterOf));
    expect(b?.clusterId).not.toBe(a?.clusterId);
    expect(again?.shapeId).toBe(a?.shapeId);
    expect(two?.clusterId).toBe(one?.clusterId);
    expect(two?.shapeId).not.toBe(one?.shapeId);
  });

  it('leaves what is not flagged, what was erased and what is a member already', async () => {
    const member = await waiting(program('member'));
    await drain();
    const { shapeId } = await clusterOf(member);
    const control = await waiting(program('control'));
    await db.queueItem.delete({ where: { interactionId: control } });
    const erased = await waiting(program('erased'));
    await db.$executeRaw`UPDATE interaction SET prompt = '', completion = '', path = NULL, meta = NULL,
      erased_at = now(), erased_for = 'retention' WHERE id = ${erased}::uuid`;
    await db.analysisTask.create({ data: { interactionId: member } });
    await drain();
    expect(await db.clusterMember.count({ where: { interactionId: { in: [control, erased] } } })).toBe(0);
    expect((await clusterOf(member)).shapeId).toBe(shapeId);
    expect(await db.analysisTask.count()).toBe(0);
  });

  it('keeps where the secrets of every interaction stand, also of control samples', async () => {
    const key = `AKIA${'QWERTYUIOPASDFGH'}`;
    const id = await waiting(`key = "${key}"`);
    const control = await waiting(`x = "${key}"`, { prompt: `use ${key}` });
    await db.queueItem.delete({ where: { interactionId: control } });
    await drain();
    const found = await db.secret.findMany({ where: { interactionId: { in: [id, control] } } });
    expect(found.map(({ interactionId, field, start }) => [interactionId, field, start])).toEqual(
      expect.arrayContaining([
        [id, 'completion', 7],
        [control, 'completion', 5],
        [control, 'prompt', 4],
      ]),
    );
    expect(await db.clusterMember.count({ where: { interactionId: control } })).toBe(0);
  });

  it('loses nothing when a batch is cut off, and sets a poison row aside without its neighbours', async () => {
    const good = await waiting(program('good'));
    const poison = await waiting(program('poison'));
    // A member row that breaks the insert, as a text that the database refuses would.
    await db.$executeRawUnsafe(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.interaction_id = '${poison}' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END IF;
      RETURN NEW; END $$`);
    await db.$executeRawUnsafe(
      'CREATE TRIGGER refuse BEFORE INSERT ON cluster_member FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    const clusters = await db.cluster.count();
    await expect(analyseNext(worker, 200)).rejects.toMatchObject({ interactionIds: [good, poison] });
    expect(await db.cluster.count()).toBe(clusters);
    expect(await db.analysisTask.count()).toBe(2);
    await analyseNext(worker, 1);
    expect((await clusterOf(good)).cluster.size).toBe(1);
    await db.analysisTask.update({ where: { interactionId: poison }, data: { attempts: MAX_ATTEMPTS } });
    const next = await waiting(program('next'));
    expect((await analyseNext(worker, 200)).taken).toBe(1);
    expect((await clusterOf(next)).cluster.size).toBe(1);
    await db.$executeRawUnsafe('DROP TRIGGER refuse ON cluster_member');
    await db.analysisTask.delete({ where: { interactionId: poison } });
  });

  it('two loops at once make one cluster of one shape, and one of its near-duplicates', async () => {
    for (let round = 0; round < 6; round++) {
      const text = program(`race${round}`);
      const ids = [];
      for (let copy = 0; copy < 8; copy++)
        ids.push(await waiting(copy % 2 ? `${text}\nmore${copy}(a)` : text));
      await Promise.all([drain(2), drain(2), drain(2)]);
      const members = await Promise.all(ids.map(clusterOf));
      expect(new Set(members.map(({ clusterId }) => clusterId)).size).toBe(1);
      expect(members[0]?.cluster.size).toBe(8);
    }
  });

  it('a split follows its repeats, also while others arrive', async () => {
    const lead = await person('lead');
    const text = program('follow');
    const stays = await waiting(text);
    const moves = await waiting(`${text}\nextra(a)`);
    await drain();
    const { clusterId } = await clusterOf(stays);
    const later = await Promise.all([1, 2, 3, 4].map(() => waiting(`${text}\nextra(z)`)));
    const [split] = await Promise.all([
      splitCluster(lead, { clusterId, interactionIds: [moves] }),
      drain(1),
      drain(1),
    ]);
    const after = await waiting(`${text}\nextra(a) # again`);
    await drain();
    expect((await clusterOf(after)).clusterId).toBe(split.clusterId);
    // Whoever came before or after the split: nobody moved them, so each is where its shape is.
    for (const id of later) {
      const member = await clusterOf(id);
      expect(member.shape.clusterId).toBe(member.clusterId);
    }
    for (const cluster of [clusterId, split.clusterId]) {
      const { size } = await db.cluster.findUniqueOrThrow({ where: { id: cluster } });
      expect(size).toBe(await db.clusterMember.count({ where: { clusterId: cluster } }));
    }
  });
});

it('what is like members that were split off joins them, also where they were no exemplars', async () => {
  const text = program('whole', 30);
  const apart = `${text}\n${program('part', 6)}`;
  const ids = [];
  for (const each of [0, 1, 2, 3, 4]) ids.push(await waiting(`${text}\nvariant${each}(a)`));
  await drain();
  const moves = [await waiting(apart), await waiting(`${apart}\nextra(a)`)];
  await drain();
  const { clusterId } = await clusterOf(ids[0] ?? '');
  const [first] = await Promise.all(moves.map(clusterOf));
  expect(first?.clusterId).toBe(clusterId);
  expect(await db.clusterBand.count({ where: { shapeId: first?.shapeId ?? '' } })).toBe(0);
  const split = await splitCluster(await person('lead'), { clusterId, interactionIds: moves });
  const like = await waiting(`${apart}\nmore(a)`);
  const stays = await waiting(`${text}\nvariant9(a)`);
  await drain();
  expect((await clusterOf(like)).clusterId).toBe(split.clusterId);
  expect((await clusterOf(stays)).clusterId).toBe(clusterId);
});

it('a cluster of many distinct shapes is known by its first few', async () => {
  const text = program('many', 30);
  const ids: string[] = [];
  for (let copy = 0; copy < 60; copy++) ids.push(await flagged({ completion: `${text}\nvariant${copy}(a)` }));
  for (const from of [0, 2, 20]) {
    await db.$transaction(async (tx) => {
      const some = await readFlagged(tx, ids.slice(from, from === 20 ? 60 : from * 9 + 2));
      await assignClusters(tx, some.map(arrivalOf), 0.6);
    });
  }
  const { clusterId } = await clusterOf(ids[0] ?? '');
  const shapes = await db.clusterShape.findMany({ where: { clusterId }, orderBy: { id: 'asc' } });
  expect(shapes).toHaveLength(60);
  const indexed = await db.clusterBand.groupBy({ by: ['shapeId'], where: { shape: { clusterId } } });
  expect(indexed.map(({ shapeId }) => shapeId).sort()).toEqual(
    shapes.slice(0, EXEMPLARS).map(({ id }) => id),
  );
});
