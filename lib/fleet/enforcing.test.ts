import { beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { publishSnapshot } from '#lib/rulesets/publish';
import { type Report, reportSchema } from '#sdk/report';
import { rolloutBucket } from '#sdk/rollout';
import { machine, person, ruleRow } from '../../tests/fixtures.ts';
import { enforcementOf, enforcementWords } from './enforcement.ts';
import { isMeantFor, type MeantRule, type Member, type Standing, standingOf } from './enforcing.ts';
import type { HeldRule } from './held-rules.ts';
import { recordReports } from './mutations.ts';

const feed = systemActor('feed');
const reports = (said: Partial<Report>[], at = new Date()) =>
  recordReports(
    feed,
    said.map((report) => ({
      at,
      report: reportSchema.parse({ sdkVersion: '1', activeSeq: 0, seq: 0, state: 'active', ...report }),
    })),
  );
const publish = () => db.$transaction((tx) => publishSnapshot(tx, 'test'));

beforeEach(async () => {
  await db.instance.deleteMany();
  await db.adoption.deleteMany();
});

const now = new Date('2026-11-30T12:00:00Z');
const inMs = (ms: number) => new Date(now.getTime() + ms);
const rule: MeantRule = { id: 'rule', version: 2, isCanary: false, labels: { region: 'eu' } };
const member: Member = {
  id: 'pod-1',
  kind: 'sdk',
  labels: { region: 'eu', app: 'ide' },
  activeSeq: 7,
  activeSha256: null,
  isFresh: true,
  clockSkewMs: null,
  demoted: new Set(),
};
const held: HeldRule = {
  version: 2,
  force: 'enforced',
  instances: 100,
  requests: 100,
  startsAt: null,
  expiresAt: inMs(3_600_000),
  beyondOpa: null,
};
const HOUR = 3_600_000;
const drawn = (id: string) => rolloutBucket('rule', id);
const [low = '', high = ''] = Array.from({ length: 50 }, (_, index) => `pod-${index}`)
  .sort((a, b) => drawn(a) - drawn(b))
  .filter((_, index) => index === 0 || index === 49);
const half = { force: 'canary', instances: 50 } as const;

type Case = [
  name: string,
  expected: Standing,
  member: Partial<Member>,
  held?: Partial<HeldRule> | null,
  rule?: Partial<MeantRule>,
];

test.each<Case>([
  ['as it should be', 'enforcing', {}],
  ['a sidecar', 'enforcing', { kind: 'sidecar' }],
  ['OPA', 'enforcing', { kind: 'opa' }],
  // Kind.
  ['a relay, whatever it has', 'elsewhere', { kind: 'relay' }],
  ...(['condition', 'shape', 'versions', 'mentions', 'imports'] as const).flatMap((beyondOpa): Case[] => [
    [`OPA and ${beyondOpa}`, 'unable', { kind: 'opa' }, { beyondOpa }],
    [
      `OPA and ${beyondOpa}, where callers send what they import`,
      beyondOpa === 'imports' ? 'enforcing' : 'unable',
      { kind: 'opa', labels: { region: 'eu', imports: 'sent' } },
      { beyondOpa },
    ],
    [`the SDK and ${beyondOpa}`, 'enforcing', {}, { beyondOpa }],
  ]),
  // Labels.
  ['another region', 'elsewhere', { labels: { region: 'us' } }],
  ['no labels at all', 'elsewhere', { labels: {} }],
  [
    'one label of two',
    'elsewhere',
    { labels: { region: 'eu' } },
    {},
    { labels: { region: 'eu', app: 'ide' } },
  ],
  ['a rule without labels', 'enforcing', { labels: {} }, {}, { labels: {} }],
  // Freshness, before everything that only its last word says.
  ['silent', 'silent', { isFresh: false }],
  ['silent and demoted', 'silent', { isFresh: false, demoted: new Set(['rule']) }],
  ['silent in another region', 'elsewhere', { isFresh: false, labels: { region: 'us' } }],
  // Content, not only the number.
  ['nothing active yet', 'missing', { activeSeq: 0 }],
  ['a ruleset without the rule', 'missing', {}, null],
  ['a number that this database does not have', 'unknown', { activeSeq: 9 }],
  ['the number, with other content', 'unknown', { activeSha256: 'f'.repeat(64) }],
  ['the number, with this content', 'enforcing', { activeSha256: 'a'.repeat(64) }],
  ['an older version of the rule', 'outdated', {}, { version: 1 }],
  ['a newer version of the rule', 'outdated', {}, { version: 3 }],
  // Force.
  ['demoted by itself', 'demoted', { demoted: new Set(['rule']) }],
  ['another rule is demoted', 'enforcing', { demoted: new Set(['other']) }],
  ['in shadow', 'shadow', {}, { force: 'shadow' }],
  ['drawn for the canary', 'enforcing', { id: low }, half, { isCanary: true }],
  ['not drawn for the canary', 'undrawn', { id: high }, half, { isCanary: true }],
  ['not drawn, while the rule is in full elsewhere', 'undrawn', { id: high }, half],
  [
    'a share of the requests, as the canary asks',
    'enforcing',
    {},
    { force: 'canary', requests: 5 },
    { isCanary: true },
  ],
  ['a share of the requests, where all are asked for', 'partial', {}, { force: 'canary', requests: 5 }],
  [
    'OPA is drawn by its label, as its policy draws',
    drawn('') < 50 ? 'enforcing' : 'undrawn',
    { id: high, kind: 'opa' },
    half,
    { isCanary: true },
  ],
  [
    'OPA with the label',
    'enforcing',
    { id: 'x', kind: 'opa', labels: { region: 'eu', instance: low } },
    half,
    { isCanary: true },
  ],
  // Time, by its own clock.
  ['begins in an hour', 'waiting', {}, { startsAt: inMs(HOUR) }],
  ['began an hour ago', 'enforcing', {}, { startsAt: inMs(-HOUR) }],
  ['a clock two hours ahead ended it', 'clock', { clockSkewMs: 2 * HOUR }],
  [
    'a clock two hours ahead began it',
    'clock',
    { clockSkewMs: 2 * HOUR },
    { startsAt: inMs(HOUR), expiresAt: inMs(9 * HOUR) },
  ],
  [
    'a clock two hours behind has not begun it',
    'clock',
    { clockSkewMs: -2 * HOUR },
    { startsAt: inMs(-HOUR) },
  ],
  ['a clock ahead that changes neither', 'enforcing', { clockSkewMs: 61_000 }],
  ['a minute is the way of a report', 'enforcing', { clockSkewMs: 60_000 }, { expiresAt: inMs(30_000) }],
  ['more than a minute', 'clock', { clockSkewMs: 60_001 }, { expiresAt: inMs(60_001) }],
  ['over by its older end', 'missing', {}, { expiresAt: inMs(-1) }],
])('%s: %s', (_, expected, of, has = {}, meant = {}) => {
  const rules = new Map(has === null ? [] : [['rule', { ...held, ...has }]]);
  const rulesets = new Map([[7, { sha256: 'a'.repeat(64), rules }]]);
  expect(standingOf({ ...rule, ...meant }, { ...member, ...of }, rulesets, now)).toBe(expected);
});

test('nobody is meant by labels that nobody has', () => {
  expect(isMeantFor({ labels: { region: 'us' } }, member)).toBe(false);
  expect(isMeantFor({ labels: {} }, { ...member, kind: 'relay' })).toBe(false);
});

test('a rule that begins later acts nowhere yet, however many have it', async () => {
  const startsAt = new Date(Date.now() + 3_600_000);
  const { id } = await ruleRow({ state: 'live', stage: 'full', startsAt });
  const seq = await publish();
  await reports([{ instanceId: 'early', activeSeq: seq, seq }]);
  const enforcement = (await enforcementOf(await person('lead'), [id]))[id] ?? expect.unreachable();
  expect(enforcement).toMatchObject({ enforcing: 0, meant: 1, standings: { waiting: 1 } });
  expect(enforcementWords(enforcement)).toMatch(/^in place on 1 of 1, begins at /);
});

test('where a rule acts is counted from what each instance has active, has demoted and is drawn for', async () => {
  const { id } = await ruleRow({
    scope: { labels: { region: 'eu' } },
    plan: {
      shadowSeconds: 60,
      canarySeconds: 60,
      canaryInstances: 10,
      canaryRequests: 100,
      autoAdvance: true,
    },
    state: 'live',
    stage: 'shadow',
  });
  const reader = await machine(['respond']);
  const names = Array.from({ length: 40 }, (_, index) => `pod-${index}`);
  const say = (seq: number, breakers: Report['breakers'] = []) =>
    reports([
      ...names.map((instanceId, index) => ({
        instanceId,
        labels: { region: 'eu' },
        activeSeq: seq,
        seq,
        breakers: index === 0 ? breakers : [],
      })),
      { instanceId: 'elsewhere', labels: { region: 'us' }, activeSeq: seq, seq },
    ]);
  const now = async () => (await enforcementOf(reader, [id]))[id];
  const words = async () => enforcementWords((await now()) ?? expect.unreachable());
  const enter = async (stage: string) => {
    await db.mitigation.update({ where: { id }, data: { stage } });
    return publish();
  };

  await say(await enter('shadow'));
  expect(await words()).toBe('in shadow on 40 of 40');
  const canary = await enter('canary');
  // Published, but nobody has taken it yet: nothing is enforced anywhere.
  expect(await words()).toBe('canary: 0 of 40 instances');
  await say(canary);
  const drawn = names.filter((name) => rolloutBucket(id, name) < 10).length;
  expect(drawn).toBeLessThan(40);
  expect(await words()).toBe(`canary: ${drawn} of 40 instances`);
  const full = await enter('full');
  await say(full);
  expect(await words()).toBe('enforced on 40 of 40');
  await say(full, [{ ruleId: id, reason: 'too often', since: new Date().toISOString() }]);
  expect(await words()).toBe('enforced on 39 of 40, demoted on 1');
  expect(await now()).toMatchObject({
    firstHitAt: null,
    isComplete: false,
    standings: { enforcing: 39, demoted: 1 },
  });
});

test('relays, other regions, silent ones, other content and clocks: each is named and none counts', async () => {
  const { id } = await ruleRow({ state: 'live', stage: 'full', scope: { labels: { region: 'eu' } } });
  const reader = await person('lead');
  const words = async () => enforcementWords((await enforcementOf(reader, [id]))[id] ?? expect.unreachable());
  const seq = await publish();
  const has = { activeSeq: seq, seq };
  expect(await words()).toBe('no instance is connected');
  await reports([{ instanceId: 'relay-eu', kind: 'relay', labels: { region: 'eu' }, ...has }]);
  expect(await words()).toBe('no instance is connected');
  await reports([{ instanceId: 'us-1', labels: { region: 'us' }, ...has }]);
  expect(await words()).toBe('none of 1 instance has its labels (region: eu)');
  const labels = { region: 'eu' };
  await reports([{ instanceId: 'eu-1', labels, ...has }]);
  expect(await words()).toBe('enforced on 1 of 1');
  await reports([{ instanceId: 'eu-2', labels, ...has }], new Date(Date.now() - 26_000));
  await reports([
    { instanceId: 'eu-3', labels, ...has, activeSha256: 'f'.repeat(64) },
    { instanceId: 'eu-4', labels, ...has, clock: new Date(Date.now() + 7_200_000).toISOString() },
    { instanceId: 'eu-5', labels, activeSeq: seq + 40, seq: seq + 40 },
  ]);
  expect(await words()).toBe('enforced on 1 of 5, clock wrong on 1, unknown ruleset on 2, 1 silent');
  // Until it says goodbye, and then it is missed by nobody.
  await reports([{ instanceId: 'eu-2', labels, ...has, goodbye: true }]);
  expect(await words()).toBe('enforced on 1 of 4, clock wrong on 1, unknown ruleset on 2');
});

test('is for those who may see the fleet', async () => {
  await expect(enforcementOf(await machine(['ingest']), [])).rejects.toMatchObject({ code: 'forbidden' });
});
