import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { setEnv } from '#lib/env';
import { newId } from '#lib/ids';
import { revokeKey } from '#lib/keys/mutations';
import { connectedInstances } from '#lib/mitigations/canary';
import { reportSchema } from '#sdk/report';
import { machine, person, ruleRow } from '../../tests/fixtures.ts';
import { listGaps } from './gaps.ts';
import { recordReports } from './mutations.ts';

type Key = Extract<Actor, { kind: 'key' }>;

let owner: Key;
let other: Key;
let name: string;
beforeEach(async () => {
  [owner, other] = [await machine(['feed']), await machine(['feed'])];
  name = `pod-${newId()}`;
});
afterEach(() => setEnv({ STOPGAP_INSTANCES_PER_KEY: '' }));

const report = (instanceId: string, more: object = {}) =>
  reportSchema.parse({ instanceId, sdkVersion: '1', activeSeq: 1, seq: 1, state: 'active', ...more });
const say = (key: Key, instanceId = name, more: object = {}) =>
  recordReports(key, [{ at: new Date(), report: report(instanceId, more) }]);
const stored = (id = name) => db.instance.findUniqueOrThrow({ where: { id } });
const ago = (ms: number) => new Date(Date.now() - ms);
const failure = { state: 'failed', reason: 'forged by another key' };

test('a report under a name that another key used first changes nothing, is answered, counted and told', async () => {
  expect(await say(owner)).toEqual(new Map());
  const rule = await ruleRow();
  const forged = {
    ...failure,
    labels: { region: 'forged' },
    decisions: 1_000_000,
    hits: [{ ruleId: rule.id, hits: 500, enforced: 500, lastAt: new Date().toISOString() }],
    streams: { streams: 1, chunks: 1, released: 9, unscanned: 9, blocked: 0 },
  };
  for (let round = 0; round < 3; round++) {
    expect(await say(other, name, forged)).toEqual(new Map([[name, 'foreign']]));
  }
  expect(await stored()).toMatchObject({ state: 'active', labels: {} });
  expect(await db.ruleHit.count({ where: { instanceId: name } })).toBe(0);
  expect(await db.streamTally.count({ where: { instanceId: name } })).toBe(0);
  const events = await db.event.findMany({ where: { subjectId: name, action: 'fleet.refuse' } });
  expect(events.map(({ actorId }) => actorId)).toEqual([other.id]);
  const told = (await listGaps(await person('auditor'))).find(({ instanceId }) => instanceId === name);
  expect(told?.text).toContain(`in 3 reports with another key (${other.name}), which were refused`);
  // The others of its batch are taken.
  const mixed = [name, `${name}-own`].map((id) => ({ at: new Date(), report: report(id, failure) }));
  expect([...(await recordReports(other, mixed)).keys()]).toEqual([name]);
  expect(await stored(`${name}-own`)).toMatchObject({ state: 'failed' });
});

test('two keys that claim a name at once do not both get it', async () => {
  const keys = await Promise.all(Array.from({ length: 6 }, () => machine(['feed'])));
  const answers = await Promise.all(keys.map((key) => say(key)));
  expect(answers.filter((refused) => refused.size === 0)).toHaveLength(1);
  expect(await db.instanceName.count({ where: { instanceId: name } })).toBe(1);
});

test.each<[string, () => Promise<unknown>]>([
  ['its key was revoked', async () => revokeKey(await person('admin'), { id: owner.id })],
  [
    'its key has run out',
    () => db.apiKey.update({ where: { id: owner.id }, data: { expiresAt: ago(1_000) } }),
  ],
  ['it said goodbye', () => say(owner, name, { goodbye: true })],
  ['a person retired it', () => db.instance.update({ where: { id: name }, data: { retiredAt: new Date() } })],
])('a name passes on when %s', async (_, end) => {
  await say(owner);
  expect((await say(other)).size).toBe(1);
  await end();
  expect((await say(other)).size).toBe(0);
  expect((await say(owner)).size).toBe(1);
});

test('a rotated key takes the name over once the instance has fallen silent, a key of another source does not', async () => {
  const next = { ...(await machine(['feed'])), source: owner.source };
  await db.apiKey.update({ where: { id: next.id }, data: { source: owner.source } });
  await say(owner);
  expect((await say(next)).size, 'while the old one still speaks').toBe(1);
  await db.instance.update({ where: { id: name }, data: { lastSeenAt: ago(30_000) } });
  expect((await say(other)).size).toBe(1);
  expect((await say(next)).size).toBe(0);
});

test('a key speaks for so many instances and no more, whoever asks at once; those that left make room', async () => {
  setEnv({ STOPGAP_INSTANCES_PER_KEY: '5' });
  const names = Array.from({ length: 12 }, (_, index) => `${name}-${index}`);
  const answers = await Promise.all(names.map((each) => say(owner, each)));
  expect(answers.filter((refused) => refused.size === 0)).toHaveLength(5);
  expect(answers.flatMap((refused) => [...refused.values()])).toEqual(Array(7).fill('too many'));
  const kept = names.filter((_, index) => answers[index]?.size === 0);
  for (const each of kept) expect((await say(owner, each)).size, 'what it has stays its own').toBe(0);
  await say(owner, kept[0], { goodbye: true });
  await db.instance.update({ where: { id: kept[1] }, data: { lastSeenAt: ago(25 * 3_600_000) } });
  expect((await say(owner, `${name}-new-1`)).size).toBe(0);
  expect((await say(owner, `${name}-new-2`)).size).toBe(0);
  expect((await say(owner, `${name}-new-3`)).size).toBe(1);
});

test('a name that reported once and was never sent a ruleset is in no canary', async () => {
  const phantoms = Array.from({ length: 40 }, (_, index) => `phantom-${name}-${index}`);
  for (const each of phantoms) await say(owner, each);
  const inCanary = () => db.$transaction((tx) => connectedInstances(tx));
  expect((await inCanary()).filter((id) => phantoms.includes(id))).toEqual([]);
  const [once = '', followed = '', steady = ''] = phantoms;
  await db.ruleset.create({
    data: { seq: 5, payload: '{}', signature: '', keyId: '', rules: 0, cause: 'test', expiresAt: new Date() },
  });
  await db.adoption.create({ data: { instanceId: followed, seq: 5, offeredAt: new Date() } });
  await db.instance.update({ where: { id: steady }, data: { firstSeenAt: ago(10_000) } });
  expect((await inCanary()).filter((id) => phantoms.includes(id)).sort()).toEqual([followed, steady].sort());
  expect(await inCanary()).not.toContain(once);
});

test('labels are few', () => {
  const labels = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`l${n}`, 'x']));
  expect(reportSchema.safeParse(report(name, { labels: labels(64) })).success).toBe(true);
  expect(() => report(name, { labels: labels(65) })).toThrow('64 labels at most');
});
