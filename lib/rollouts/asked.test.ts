import { expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { rulesetDigests } from '#lib/fleet/held-rules';
import { recordReports } from '#lib/fleet/mutations';
import { publishMitigation } from '#lib/mitigations/mutations';
import { planSchema } from '#lib/mitigations/plan';
import type { DraftMitigation } from '#lib/mitigations/schema';
import { type Report, reportSchema } from '#sdk/report';
import { rolloutBucket } from '#sdk/rollout';
import { ruleDesk } from '../../tests/rules.ts';
import { advanceDue, advanceMitigation } from './mutations.ts';
import { seenInStage } from './signals.ts';

// A stage may only end on decisions of instances that judge its rule: all others would have let the rule pass unseen.

const { ana, approved } = await ruleDesk();
const feed = systemActor('feed');

/** In shadow, then on half of the instances, never further by itself unless asked to. */
async function staged(overrides: Partial<DraftMitigation> = {}) {
  const plan = planSchema.parse({ shadowSeconds: 60, canarySeconds: 60, canaryInstances: 50 });
  const rule = await approved({ plan, ...overrides });
  return { ...rule, ...(await publishMitigation(ana, { mitigation: rule.ref })) };
}

async function say(activeSeq: number, of: Partial<Report> & { instanceId: string }, at = new Date()) {
  const sha256 = (await rulesetDigests([activeSeq])).get(activeSeq);
  const told = { sdkVersion: '9.0.0', activeSeq, seq: activeSeq, state: 'active', decisions: 1_000 };
  const report = reportSchema.parse({ ...told, ...(sha256 && { activeSha256: sha256 }), ...of });
  await recordReports(feed, [{ at, report }]);
}
const seen = async (id: string) => (await db.$transaction((tx) => seenInStage(tx, id))).decisions;

const tests = {
  mustMatch: [{ text: 'import "left-pad"', language: 'javascript' }],
  mustNotMatch: [],
};
const VERSIONS = {
  matcher: {
    kind: 'imports',
    packages: [{ name: 'left-pad', versions: '<2', ecosystem: 'npm' }],
    unversioned: 'hit',
  },
  tests,
} satisfies Partial<DraftMitigation>;
const IMPORTS = {
  matcher: { kind: 'imports', packages: ['left-pad'] },
  tests,
} satisfies Partial<DraftMitigation>;
const CONDITION = { when: 'prompt_length > 1' };
const since = new Date().toISOString();

type Case = [
  who: string,
  rule: Partial<DraftMitigation>,
  report: (rule: { id: string; seq: number }) => Partial<Report>,
  counts: boolean,
];
test.each<Case>([
  ['an SDK', {}, () => ({}), true],
  ['a sidecar', {}, () => ({ kind: 'sidecar' }), true],
  ['an OPA that judges it', {}, () => ({ kind: 'opa' }), true],
  ['an OPA, a rule with a condition', CONDITION, () => ({ kind: 'opa' }), false],
  ['an SDK, a rule with a condition', CONDITION, () => ({}), true],
  ['an OPA, versions of packages', VERSIONS, () => ({ kind: 'opa' }), false],
  ['an OPA, imports', IMPORTS, () => ({ kind: 'opa' }), false],
  ['an OPA whose callers send imports', IMPORTS, () => ({ kind: 'opa', labels: { imports: 'sent' } }), true],
  ['a relay', {}, () => ({ kind: 'relay' }), false],
  [
    'one with other labels',
    { scope: { labels: { region: 'eu' } } },
    () => ({ labels: { region: 'us' } }),
    false,
  ],
  [
    'one with its labels',
    { scope: { labels: { region: 'eu' } } },
    () => ({ labels: { region: 'eu' } }),
    true,
  ],
  ['one that demoted it', {}, ({ id }) => ({ breakers: [{ ruleId: id, reason: 'x', since }] }), false],
  ['one with an older ruleset', {}, ({ seq }) => ({ activeSeq: seq - 1, activeSha256: undefined }), false],
  ['one with another content', {}, () => ({ activeSha256: 'b'.repeat(64) }), false],
  [
    'one with no ruleset',
    {},
    () => ({ activeSeq: 0, seq: 0, state: 'failed', activeSha256: undefined }),
    false,
  ],
])('decisions of %s: whether they are evidence', async (_, overrides, report, counts) => {
  const rule = await staged(overrides);
  await say(rule.seq, { instanceId: `of ${rule.ref}`, ...report(rule) });
  expect(await seen(rule.id)).toBe(counts ? 1_000 : 0);
});

test('in a canary only the instances in it count, by the share of requests, and each stage begins at nothing', async () => {
  const plan = planSchema.parse({
    shadowSeconds: 60,
    canarySeconds: 60,
    canaryInstances: 50,
    canaryRequests: 10,
  });
  const rule = await staged({ plan });
  const names = Array.from({ length: 40 }, (_, index) => `pod-${index}`);
  const drawn = names.find((name) => rolloutBucket(rule.id, name) < 50) ?? '';
  const left = names.find((name) => rolloutBucket(rule.id, name) >= 50) ?? '';
  await say(rule.seq, { instanceId: drawn });
  const { seq } = await advanceMitigation(ana, { mitigation: rule.ref });
  expect(await seen(rule.id)).toBe(0);
  await say(seq, { instanceId: left });
  await say(rule.seq, { instanceId: drawn });
  expect(await seen(rule.id)).toBe(0);
  await say(seq, { instanceId: drawn });
  expect(await seen(rule.id)).toBe(100);
});

test('a fleet of OPAs that leave a rule unjudged takes it nowhere, however much they decide', async () => {
  await db.instance.deleteMany();
  const rule = await staged({
    ...VERSIONS,
    plan: planSchema.parse({ canarySeconds: 60, canaryInstances: 100 }),
  });
  for (const instanceId of ['opa-1', 'opa-2']) await say(rule.seq, { instanceId, kind: 'opa' });
  // One SDK that has decided nothing yet keeps the stage from being held.
  await say(rule.seq, { instanceId: 'sdk-1', decisions: 0 });
  const stageSince = new Date(Date.now() - 3_600_000);
  await db.mitigation.update({ where: { id: rule.id }, data: { stageSince } });
  expect(await advanceDue(systemActor('rollout'))).toEqual({ advanced: [], held: [] });
  for (const instanceId of ['opa-1', 'opa-2', 'sdk-1']) {
    await say(rule.seq, { instanceId, kind: instanceId.startsWith('opa') ? 'opa' : 'sdk' });
  }
  expect((await advanceDue(systemActor('rollout'))).advanced).toEqual([rule.ref]);
});
