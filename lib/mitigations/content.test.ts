import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { planSchema } from '#lib/mitigations/plan';
import { advanceMitigation } from '#lib/rollouts/mutations';
import { rolloutBucket } from '#sdk/rollout';
import { backtested, newestSnapshot, ruleDesk } from '../../tests/rules.ts';
import { contentInEvent, ruleDigest } from './content.ts';
import { approveMitigation, editMitigation, publishMitigation } from './mutations.ts';
import { getMitigation } from './queries.ts';
import { recordSelect } from './record.ts';

const { ana, bo, draft, approved, lastEvent } = await ruleDesk();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const rowOf = (id: string) => db.mitigation.findUniqueOrThrow({ where: { id }, select: recordSelect });
const staged = { plan: planSchema.parse({ shadowSeconds: 5, canarySeconds: 60, canaryInstances: 10 }) };

async function serving(ids: string[]): Promise<void> {
  await db.instance.deleteMany();
  const now = new Date();
  // Long enough for more than one word of theirs.
  const firstSeenAt = new Date(now.getTime() - 60_000);
  const seen = {
    labels: {},
    sdkVersion: '1',
    state: 'active',
    activeSeq: 1,
    firstSeenAt,
    lastSeenAt: now,
  };
  await db.instance.createMany({ data: ids.map((id) => ({ id, ...seen })) });
}

test('one digest names what was approved, in every event, the evidence, the version that is kept and every stage', async () => {
  await serving(['pod-a', 'pod-b', 'pod-c']);
  const rule = await draft(ana, staged);
  const { digest, plan } = await getMitigation(ana, rule.ref);
  expect(await approveMitigation(bo, { mitigation: rule.ref })).toMatchObject({ digest });
  expect((await lastEvent(rule.id)).data.digest).toBe(digest);
  // The fleet changes meanwhile; what was agreed to does not.
  await serving(['other-1', 'other-2', 'other-3', 'other-4']);
  await publishMitigation(ana, { mitigation: rule.ref });
  const { data } = await lastEvent(rule.id);
  expect(data).toMatchObject({ digest, plan });
  expect(data.evidence.rule).toEqual({ published: digest, approved: [{ approverId: bo.id, digest }] });
  await advanceMitigation(ana, { mitigation: rule.ref });
  const carried = (await newestSnapshot()).rules.find(({ id }) => id === rule.id);
  expect(carried?.rollout).toEqual({ instances: plan.canaryInstances, requests: plan.canaryRequests });
  expect((await lastEvent(rule.id)).data.digest).toBe(digest);
  await advanceMitigation(ana, { mitigation: rule.ref });
  expect((await lastEvent(rule.id)).data.digest).toBe(digest);
  expect((await getMitigation(ana, rule.ref)).digest).toBe(digest);
  const kept = await db.mitigationVersion.findMany({ where: { mitigationId: rule.id } });
  expect(kept.map((version) => [version.digest, sha256(version.body)])).toEqual([[digest, digest]]);
});

test('the canary share is fitted before anybody reads it: at least one of those that serve, and never all', async () => {
  const ids = ['pod-a', 'pod-b', 'pod-c', 'pod-d'];
  await serving(ids);
  for (const canaryInstances of [0, 10, 100]) {
    const { id, ref } = await draft(ana, { plan: planSchema.parse({ canarySeconds: 60, canaryInstances }) });
    const share = (await getMitigation(ana, ref)).plan.canaryInstances;
    const held = ids.filter((each) => rolloutBucket(id, each) < share);
    expect(held.length).toBeGreaterThan(0);
    expect(held.length).toBeLessThan(ids.length);
  }
});

const CHANGED: [string, object][] = [
  ['scope', { scope: {} }],
  ['matcher', { matcher: { kind: 'literal', text: 'execute(' } }],
  ['target', { target: 'both' }],
  ['action', { action: 'redact' }],
  ['parameters', { parameters: { text: 'Other words.' } }],
  ['mode', { mode: 'shadow' }],
  ['plan', { plan: { ...planSchema.parse({ canarySeconds: 60 }), canaryInstances: 90 } }],
  ['fail', { fail: { onError: 'closed', onStale: 'open' } }],
  ['when', { when: 'tier == "free"' }],
  ['sample', { sample: 0.5 }],
  ['breaker', { maxHitRate: 0.9 }],
  ['start', { startsAt: new Date(Date.now() + 600_000) }],
  ['life', { lifeMinutes: 181 }],
  ['end', { lifeMinutes: null, expiresAt: new Date(Date.now() + 600_000) }],
  ['tests', { tests: { mustMatch: [{ text: 'execute("SELECT 1" + n' }], mustNotMatch: [] } }],
  ['title', { title: 'Something else' }],
];

test.each(CHANGED)('another %s than what was approved is not published', async (_, change) => {
  const rule = await approved();
  const before = (await db.ruleset.aggregate({ _max: { seq: true } }))._max.seq;
  await db.mitigation.update({ where: { id: rule.id }, data: change });
  await expect(publishMitigation(ana, { mitigation: rule.ref, confirm: rule.ref })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/What was approved of R-\d+ is not what would be published/),
  });
  expect((await db.ruleset.aggregate({ _max: { seq: true } }))._max.seq).toBe(before);
});

test.each(CHANGED)('another %s than what was published goes no further', async (_, change) => {
  const rule = await approved(staged);
  await publishMitigation(ana, { mitigation: rule.ref });
  await db.mitigation.update({ where: { id: rule.id }, data: { ...change, stage: 'shadow' } });
  const refused = advanceMitigation(ana, { mitigation: rule.ref });
  await expect(refused).rejects.toMatchObject({ code: 'conflict' });
});

test('stage, number and place in history are no part of it', async () => {
  const row = await rowOf((await draft()).id);
  const outside = {
    stage: 'canary',
    number: 9,
    version: 7,
    approvalDueAt: new Date(),
    expiresAt: new Date(),
  };
  expect(ruleDigest({ ...row, ...outside })).toBe(ruleDigest(row));
});

test('every version stays readable: whole in its event and its row, which nobody can change', async () => {
  const rule = await draft();
  const first = (await lastEvent(rule.id)).data;
  await editMitigation(ana, { mitigation: rule.ref, version: 1, scope: { languages: ['go', 'python'] } });
  const second = (await lastEvent(rule.id)).data;
  expect(first.rule).toMatchObject({ matcher: { kind: 're2' }, scope: { languages: ['python'] } });
  expect(second.rule.scope).toEqual({ languages: ['go', 'python'] });
  const kept = await db.mitigationVersion.findMany({
    where: { mitigationId: rule.id },
    orderBy: { version: 'asc' },
  });
  expect(kept.map(({ version, digest }) => [version, digest])).toEqual([
    [1, first.digest],
    [2, second.digest],
  ]);
  expect(JSON.parse(kept[0]?.body ?? '')).toEqual(first.rule);
  await expect(db.mitigationVersion.updateMany({ data: { body: '' } })).rejects.toThrow(/append-only/);
  await expect(db.mitigationVersion.deleteMany()).rejects.toThrow(/append-only/);
  await expect(db.$executeRaw`TRUNCATE mitigation_version`).rejects.toThrow(/append-only/);
});

test('an event has no text of a test, no secret, and of a long list its digest', async () => {
  const packages = Array.from({ length: 101 }, (_, index) => `made-up-${index}`);
  const secret = ['AKIA', '3XQ7ZP5LKW2MNB6T'].join('');
  const row = await rowOf((await draft()).id);
  const long = contentInEvent({ ...row, matcher: { kind: 'imports', packages } });
  expect(long).toMatchObject({ matcher: { packages: { count: 101, sha256: expect.any(String) } } });
  const told = JSON.stringify(
    contentInEvent({ ...row, matcher: { kind: 'literal', text: `key = "${secret}"` } }),
  );
  expect(told).not.toContain(secret);
  expect(told).not.toContain('find_a');
});

test('a second person approves what broke glass as it is out, under its own digest', async () => {
  const rule = await draft();
  await backtested(rule.id);
  await publishMitigation(ana, { mitigation: rule.ref, breakGlassReason: 'Nobody else is awake right now' });
  const published = (await lastEvent(rule.id)).data;
  expect(published.digest).toBe((await getMitigation(bo, rule.ref)).digest);
  const kept = await db.mitigationVersion.findMany({ where: { mitigationId: rule.id } });
  // Its life was cut to an hour: that is another content, and it is kept as well.
  expect(kept.map(({ digest }) => digest)).toContain(published.digest);
  expect(await approveMitigation(bo, { mitigation: rule.ref })).toMatchObject({ digest: published.digest });
  await expect(approveMitigation(bo, { mitigation: newId() })).rejects.toMatchObject({ code: 'not_found' });
});
