import { afterAll, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { beforeMigration } from '#tests/before-migration';
import { flagged } from '#tests/fixtures';
import { analyseNext } from './analysis.ts';
import { EXEMPLARS } from './lookup.ts';
import { BANDS } from './minhash.ts';
import { renewShapes } from './renew.ts';
import { SIGNATURE_VERSION } from './shape.ts';

const program = (word: string) =>
  Array.from({ length: 14 }, (_, line) => `v${line} = ${word}_${line}(a, "${word} ${line}")`).join('\n');

async function analysed(completion: string): Promise<string> {
  const id = await flagged({ completion });
  await db.analysisTask.create({ data: { interactionId: id } });
  await analyseNext(systemActor('analysis'), 10);
  return id;
}

const memberOf = (interactionId: string) =>
  db.clusterMember.findUniqueOrThrow({ where: { interactionId }, include: { shape: true } });

/** As the release before left it, and the migration after that: signatures of something else, in no band. */
async function outdate(clusterId: string) {
  await db.clusterShape.updateMany({
    where: { clusterId },
    data: { signatureVersion: SIGNATURE_VERSION - 1 },
  });
  await db.clusterBand.deleteMany({ where: { shape: { clusterId } } });
}

it('makes outdated signatures anew: until then only repeats join their clusters', async () => {
  const ids = [];
  for (const more of ['', 'one(a)', 'two(a)', 'three(a)', 'four(a)', 'five(a)']) {
    ids.push(await analysed(`${program('old')}\n${more}`));
  }
  const members = await Promise.all(ids.map(memberOf));
  const clusterId = members[0]?.clusterId ?? '';
  expect(new Set(members.map((member) => member.clusterId))).toEqual(new Set([clusterId]));
  const before = members.map(({ shape }) => shape.minhash);
  await outdate(clusterId);

  const meanwhile = await memberOf(await analysed(`${program('old')}\nsix(a)`));
  expect(meanwhile.clusterId).not.toBe(clusterId);
  const repeat = await memberOf(await analysed(`${program('old')}\none(a)  # again`));
  expect(repeat.clusterId).toBe(clusterId);

  expect(await renewShapes(4)).toBe(4);
  expect(await renewShapes(4)).toBe(2);
  expect(await renewShapes(4)).toBe(0);
  const after = await Promise.all(ids.map(memberOf));
  expect(after.map(({ shape }) => shape.minhash)).toEqual(before);
  expect(await db.clusterBand.count({ where: { shape: { clusterId } } })).toBe(EXEMPLARS * BANDS);
  const next = await memberOf(await analysed(`${program('old')}\nfour(a)\nfive(a)`));
  expect([clusterId, meanwhile.clusterId]).toContain(next.clusterId);
});

it('what was erased is compared with nothing, and two renew no shape twice', async () => {
  const id = await analysed(program('gone'));
  const { shapeId, clusterId } = await memberOf(id);
  await analysed(program('kept'));
  await db.clusterShape.updateMany({ data: { signatureVersion: SIGNATURE_VERSION - 1 } });
  await db.clusterBand.deleteMany();
  await db.$executeRaw`UPDATE interaction SET prompt = '', completion = '', path = NULL, meta = NULL,
    erased_at = now(), erased_for = 'retention' WHERE id = ${id}::uuid`;
  const all = await db.clusterShape.count();
  const done = await Promise.all([renewShapes(1_000), renewShapes(1_000)]);
  expect(done[0] + done[1]).toBe(all);
  const shape = await db.clusterShape.findUniqueOrThrow({ where: { id: shapeId } });
  expect(shape).toMatchObject({ minhash: null, signatureVersion: SIGNATURE_VERSION });
  expect((await memberOf(await analysed(`${program('gone')}\nmore(a)`))).clusterId).not.toBe(clusterId);
});

const scratch = await beforeMigration('20261130221500_cluster_exemplars');
afterAll(() => scratch.client.end());

it('the migration outdates what is stored and leaves the other settings', async () => {
  const { client, migrate } = scratch;
  const set = (threshold: string) =>
    client.query(`INSERT INTO setting (key, value) VALUES ('review', '{"clusterThreshold": ${threshold}, "breakAfter": 30}')
      ON CONFLICT (key) DO UPDATE SET value = excluded.value`);
  await set('0.7');
  await client.query(`SET session_replication_role = 'replica'`);
  await client.query(`INSERT INTO cluster_shape (id, scope, fingerprint, feature_hash, features, minhash, cluster_id)
    VALUES (uuidv7(), 's', 'f', 'h', '{}', decode(repeat('00', 512), 'hex'), uuidv7())`);
  await client.query(`INSERT INTO cluster_band (band, hash, shape_id) SELECT 0, 1, id FROM cluster_shape`);
  await client.query(`SET session_replication_role = 'origin'`);
  await migrate();
  const { rows } = await client.query(
    `SELECT (SELECT count(*)::int FROM cluster_band) AS bands,
      (SELECT array_agg(signature_version) FROM cluster_shape) AS versions,
      (SELECT value FROM setting WHERE key = 'review') AS settings`,
  );
  expect(rows).toEqual([{ bands: 0, versions: [1], settings: { breakAfter: 30 } }]);
});
