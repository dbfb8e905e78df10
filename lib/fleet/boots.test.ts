import { beforeEach, expect, test } from 'vitest';
import { type Actor, systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { setEnv } from '#lib/env';
import { type Report, reportSchema } from '#sdk/report';
import { machine, person } from '../../tests/fixtures.ts';
import { recordReports } from './mutations.ts';
import { listInstances } from './queries.ts';
import { troubles } from './troubles.ts';

// Two processes that somebody gave one name: what one says must not hide what the other said.

const feed = systemActor('feed');
const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(16));
const start = Date.now() - 10_000;
const words = { sdkVersion: '9.0.0', labels: {}, activeSeq: 0, seq: 0 };

type Word = Partial<Report> & { second: number };
/** One batch, of one name unless told otherwise. */
async function say(said: Word[], actor: Actor = feed): Promise<void> {
  const reports = said.map(({ second, ...report }) => ({
    at: new Date(start + second * 1_000),
    report: reportSchema.parse({ instanceId: 'pod-x', state: 'active', ...words, ...report }),
  }));
  await recordReports(actor, reports);
}
const lines = async () => {
  const rows = await db.instance.findMany({ where: { closedAt: null } });
  return rows.map(({ id, state }) => `${id} ${state}`).sort();
};
const ok = (boot: string | undefined, second: number): Word => ({ boot, second, decisions: 1 });
const broken = (boot: string | undefined, second: number): Word => ({
  ...ok(boot, second),
  state: 'failed',
  reason: 'pattern rejected',
});

beforeEach(async () => {
  await db.instanceName.deleteMany();
  await db.instance.deleteMany();
});

test('are shown as two, each with what it says, whoever spoke last', async () => {
  await say([broken(A, 0)]);
  await say([ok(B, 1)]);
  await say([broken(A, 2)]);
  await say([ok(B, 3)]);
  expect(await lines()).toEqual(['pod-x #aaaaaa failed', 'pod-x active']);
  const { items } = await listInstances(await person('admin'));
  const wrong = troubles(items, 0).map(({ instanceId, text }) => `${instanceId} ${text}`);
  expect(wrong).toEqual([
    expect.stringMatching(/^pod-x #aaaaaa could not load .*pattern rejected/),
    expect.stringMatching(/^pod-x #aaaaaa is another process that calls itself “pod-x”\. Give each a name/),
  ]);
});

test('are two in one batch as well, and in whatever order it has them', async () => {
  await say([ok(B, 3), broken(A, 2), ok(B, 1), broken(A, 0)]);
  expect(await lines()).toEqual(['pod-x #aaaaaa failed', 'pod-x active']);
});

test('three are three', async () => {
  for (const second of [0, 3, 6]) await say([broken(A, second), ok(B, second + 1), ok(C, second + 2)]);
  expect(await lines()).toEqual(['pod-x #aaaaaa failed', 'pod-x #bbbbbb active', 'pod-x active']);
});

test.each<[string, Word[][], string[]]>([
  ['a restart, also after a crash, is one', [[broken(A, 0)], [ok(B, 1)], [ok(B, 2)]], ['pod-x active']],
  [
    'what the one before said arrives late, through a relay: still one',
    [[ok(A, 0)], [ok(B, 5)], [broken(A, 4)], [ok(B, 6)]],
    ['pod-x active'],
  ],
  [
    'the one before says goodbye while its successor is there: that one stays',
    [[ok(A, 0)], [ok(B, 1)], [{ ...ok(A, 2), goodbye: true }]],
    ['pod-x active'],
  ],
  [
    'many restarts',
    Array.from({ length: 12 }, (_, index) => [ok(`${index}`.padStart(16, '0'), index)]),
    ['pod-x active'],
  ],
  ['SDKs that do not tell are one, as ever', [[ok(undefined, 0)], [broken(undefined, 1)]], ['pod-x failed']],
  ['an update to one that tells', [[ok(undefined, 0)], [ok(A, 1)], [ok(A, 2)]], ['pod-x active']],
])('%s', async (_, batches, expected) => {
  for (const batch of batches) await say(batch);
  expect(await lines()).toEqual(expected);
});

test('the second name is the key’s as the first is, and counts against what the key may have', async () => {
  const [mine, other] = [await machine(['feed']), await machine(['feed'])];
  for (const second of [0, 2]) await say([broken(A, second), ok(B, second + 1)], mine);
  const names = await db.instanceName.findMany({ where: { keyId: mine.id } });
  expect(names.map(({ instanceId }) => instanceId).sort()).toEqual(['pod-x', 'pod-x #aaaaaa']);
  await say([ok(A, 4), ok(C, 5)], other);
  expect(await lines()).toEqual(['pod-x #aaaaaa failed', 'pod-x active']);
});

test('without room for a second name everything is counted under the first', async () => {
  setEnv({ STOPGAP_INSTANCES_PER_KEY: '1' });
  try {
    const mine = await machine(['feed']);
    const before = await db.decisionMinute.aggregate({ _sum: { decisions: true } });
    for (const second of [0, 2]) await say([broken(A, second), ok(B, second + 1)], mine);
    const after = await db.decisionMinute.aggregate({ _sum: { decisions: true } });
    expect((after._sum.decisions ?? 0n) - (before._sum.decisions ?? 0n)).toBe(4n);
    expect(await lines()).toEqual(['pod-x active']);
  } finally {
    setEnv({ STOPGAP_INSTANCES_PER_KEY: '10000' });
  }
});

test('no count is lost on the way', async () => {
  const before = await db.decisionMinute.aggregate({ _sum: { decisions: true } });
  for (const second of [0, 2, 4]) await say([broken(A, second), ok(B, second + 1)]);
  const after = await db.decisionMinute.aggregate({ _sum: { decisions: true } });
  expect((after._sum.decisions ?? 0n) - (before._sum.decisions ?? 0n)).toBe(6n);
});
