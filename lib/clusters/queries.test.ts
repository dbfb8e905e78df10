import { expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { declareIncident } from '#lib/incidents/mutations';
import { flagged, machine, person } from '#tests/fixtures';
import { analyseNext } from './analysis.ts';
import { differences, referenceOf } from './differences.ts';
import { listMembers } from './members.ts';
import { getCluster, listClusters } from './queries.ts';
import { shapeOf } from './shape.ts';
import { findSimilar } from './similar.ts';
import { refreshStats } from './stats.ts';

const lines = (name: string) =>
  Array.from({ length: 16 }, (_, line) => `v${line} = ${name}_${line}(a, ${line})`).join('\n');

async function arrive(completion: string, more: Parameters<typeof flagged>[0] = {}): Promise<string> {
  const id = await flagged({ ...more, completion });
  await db.analysisTask.create({ data: { interactionId: id } });
  return id;
}

async function analyse(): Promise<void> {
  const { clusterIds } = await analyseNext(systemActor('analysis'), 200);
  await refreshStats(clusterIds);
}

const refOf = async (interactionId: string) => {
  const member = await db.clusterMember.findUniqueOrThrow({
    where: { interactionId },
    include: { cluster: true },
  });
  return `C-${member.cluster.number}`;
};

it('tells a cluster: what differs per member, how it spread and where it stands, with secrets covered', async () => {
  const reviewer = await person('reviewer');
  const text = (host: string, key: string) =>
    `import requests\n${lines('tell')}\nrequests.get("https://${host}/x", 8080)\npassword = "${key}"`;
  const first = await arrive(text('one.example', 'kO9s8aPq-secret-1'));
  const second = await arrive(text('two.example', 'xR2m7bTz-secret-2').replace('8080', '9090'), {
    severity: 'low',
  });
  const third = await arrive(
    text('one.example', 'kO9s8aPq-secret-1').replace('import requests', 'import reqeusts'),
  );
  await analyse();
  const ref = await refOf(first);
  const { ref: incident } = await declareIncident(await person('commander'), {
    title: 'Hosts',
    severity: 'sev3',
    interactionIds: [first, second],
  });
  await db.queueItem.update({
    where: { interactionId: third },
    data: { state: 'decided', verdict: 'harmful' },
  });
  await db.outcome.create({
    data: { interactionId: first, outcome: 'accepted', occurredAt: new Date(Date.now() + 1_000) },
  });

  const detail = await getCluster(reviewer, ref.toLowerCase());
  expect(detail).toMatchObject({
    ref,
    category: 'insecure_code',
    language: 'python',
    size: 3,
    shapes: 3,
    pending: 2,
    decided: [{ verdict: 'harmful', policyTitle: null, count: 1 }],
    automation: null,
    spread: {
      models: [{ value: 'codex-sim 2026.9', count: 3 }],
      tenants: [{ value: 'tenant-1', count: 3 }],
      outcomes: [
        { value: 'accepted', count: 1 },
        { value: null, count: 2 },
      ],
    },
    incidents: [{ ref: incident, members: 2 }],
  });
  expect(detail.representative).toMatchObject({ id: first, secrets: 1 });
  expect(detail.overTime.buckets.at(-1)?.size).toBe(3);
  expect(JSON.stringify(detail)).not.toContain('secret-1');
  expect(await getCluster(reviewer, detail.id)).toMatchObject({ ref });

  const { items } = await listMembers(reviewer, ref);
  expect(items.map(({ id }) => id)).toEqual([third, second, first]);
  expect(JSON.stringify(items)).not.toContain('secret-');
  expect(items.find(({ id }) => id === first)).toMatchObject({ representative: true, differences: [] });
  expect(items.find(({ id }) => id === second)?.differences).toEqual([
    { kind: 'host', without: ['"https://one.example/x"'], with: ['"https://two.example/x"'] },
    { kind: 'number', without: ['8080'], with: ['9090'] },
  ]);
  expect(items.find(({ id }) => id === third)?.differences).toEqual([
    { kind: 'package', without: ['requests'], with: ['reqeusts'] },
  ]);

  const page = await listMembers(reviewer, ref, { limit: 2 });
  const rest = await listMembers(reviewer, ref, { limit: 2, cursor: page.nextCursor ?? '' });
  expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual([third, second, first]);
  expect(rest.nextCursor).toBeNull();
  expect((await listMembers(reviewer, ref, { state: 'pending' })).items).toHaveLength(2);

  await expect(getCluster(reviewer, 'C-99999999')).rejects.toMatchObject({ code: 'not_found' });
  await expect(listMembers(reviewer, 'x')).rejects.toMatchObject({ code: 'not_found' });
  await expect(getCluster(await machine(['ingest']), ref)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(listMembers(reviewer, ref, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid' });
});

it('lists by size, growth and number, filtered, page by page without loss', async () => {
  const lead = await person('lead');
  for (let index = 0; index < 5; index++) {
    for (let copy = 0; copy < 2 + (index % 2); copy++) {
      await arrive(lines(`listed${index}`), { category: 'exploit', language: index < 3 ? 'c' : 'go/cgo' });
    }
  }
  const alone = await arrive(lines('listed-alone'), { category: 'exploit', severity: 'critical' });
  await analyse();
  const list = async (more: Parameters<typeof listClusters>[1]) =>
    (await listClusters(lead, { category: 'exploit', ...more })).items;
  expect((await list({})).map(({ size }) => size)).toEqual([3, 3, 2, 2, 2]);
  expect(await list({ min: 1 })).toHaveLength(6);
  expect(await list({ min: 1, severity: 'critical' })).toMatchObject([
    { severity: 'critical', size: 1, title: 'SQL built by concatenation' },
  ]);
  expect((await list({ language: 'go/cgo' })).map(({ language }) => language)).toEqual(['go/cgo', 'go/cgo']);
  await db.queueItem.update({
    where: { interactionId: alone },
    data: { state: 'decided', verdict: 'benign' },
  });
  expect(await list({ min: 1, state: 'decided' })).toMatchObject([{ pending: 0, decided: 1 }]);
  expect(await list({ min: 1, state: 'open' })).toHaveLength(5);
  for (const sort of ['size', 'growth', 'newest'] as const) {
    const all = (await list({ min: 1, sort })).map(({ ref }) => ref);
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listClusters(lead, { category: 'exploit', min: 1, sort, limit: 2, cursor });
      paged.push(...page.items.map(({ ref }) => ref));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(paged).toEqual(all);
  }
  await expect(listClusters(await machine(['feed']), {})).rejects.toMatchObject({ code: 'forbidden' });
});

it('finds what is like an interaction, in its cluster and under other rules', async () => {
  const reviewer = await person('reviewer');
  const text = lines('alike');
  const one = await arrive(text);
  const repeat = await arrive(`# x\n${text}`);
  const near = await arrive(`${text}\nextra(a)`);
  const elsewhere = await arrive(`${text}\nextra(a)`, { category: 'malware', language: 'javascript' });
  const looser = await arrive(
    text.split('\n').slice(0, 11).concat(lines('far').split('\n').slice(11)).join('\n'),
  );
  const other = await arrive(lines('unlike'));
  await analyse();
  const { items } = await findSimilar(reviewer, one);
  const closeness = new Map(items.map((item) => [item.id, item]));
  expect(closeness.get(repeat)).toMatchObject({ similarity: 1, sameCluster: true });
  expect(closeness.get(repeat)?.differences).toEqual([]);
  expect(closeness.get(near)?.similarity).toBeGreaterThan(0.7);
  expect(closeness.get(near)?.differences).toContainEqual({
    kind: 'name',
    without: [],
    with: ['extra', 'a'],
  });
  expect(closeness.get(elsewhere)).toMatchObject({ sameCluster: false, category: 'malware' });
  expect(closeness.get(looser)).toMatchObject({ sameCluster: false });
  expect(closeness.has(other)).toBe(false);
  expect(closeness.has(one)).toBe(false);
  expect(items.map(({ similarity }) => similarity)).toEqual(
    items.map(({ similarity }) => similarity).sort((a, b) => b - a),
  );
  await expect(findSimilar(reviewer, 'x')).rejects.toMatchObject({ code: 'not_found' });
  await expect(findSimilar(await machine(['ingest']), one)).rejects.toMatchObject({ code: 'forbidden' });
});

it('tells differences of texts of any size', () => {
  const far = (unit: string) => unit.repeat(3_000);
  const features = (text: string) => shapeOf(text, 'c').features;
  const [one, other] = [`a ${far('x(1); ')} b`, `c ${far('y(2); ')} d`];
  const found = differences(referenceOf(one, 'c', features(one)), other, 'c', features(other));
  expect(found.map(({ kind }) => kind)).toEqual(['number', 'name']);
});
