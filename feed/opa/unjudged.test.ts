import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { sentence } from '#lib/audit/sentence';
import { db } from '#lib/db';
import { enforcementOf, enforcementWords } from '#lib/fleet/enforcement';
import { confirmEnforced, recordReports } from '#lib/fleet/mutations';
import { signalsAgainst } from '#lib/rollouts/signals';
import type { BeyondOpa } from '#lib/rulesets/beyond-opa';
import { publishSnapshot } from '#lib/rulesets/publish';
import { latestRuleset } from '#lib/rulesets/queries';
import { type Report, reportSchema } from '#sdk/report';
import type { PackageListItem } from '#sdk/rule';
import { person, ruleRow } from '../../tests/fixtures.ts';
import { opaBundle } from './bundle.ts';
import { untar } from './testing/verify-bundle.ts';

// What the bundle leaves unjudged is what every page and event says of it: from one published ruleset, through the very
// bytes that an OPA loads.

const many = (count: number) => Array.from({ length: count }, (_, at) => `left-pad-${at}`);
const tests = (text: string, language?: string) => ({
  mustMatch: [{ text, ...(language && { language }) }],
  mustNotMatch: [],
});
const list = (packages: PackageListItem[], find?: 'mentioned' | 'imported') => ({
  matcher: { kind: 'imports', packages, ...(find && { find }) },
  tests: tests('npm install left-pad@1.2.3 left-pad-7', 'shell'),
});
const versioned = { name: 'left-pad', versions: '1.2.3' };

const RULES: [string, object, BeyondOpa | null][] = [
  ['a literal', {}, null],
  ['everything', { matcher: { kind: 'any' }, tests: { mustMatch: [], mustNotMatch: [] } }, null],
  ['a condition', { when: 'tenant == "acme"' }, 'condition'],
  [
    'a shape',
    {
      matcher: { kind: 'shape', pattern: 'eval($X)', language: 'python' },
      tests: tests('eval(x)', 'python'),
    },
    'shape',
  ],
  ['versions, mentioned', list([versioned], 'mentioned'), 'versions'],
  ['versions, imported', list(['a', versioned], 'imported'), 'versions'],
  ['two hundred mentioned', list(many(200), 'mentioned'), null],
  ['more than two hundred mentioned', list(many(201), 'mentioned'), 'mentions'],
  ['imported', list(['left-pad'], 'imported'), 'imports'],
  ['imported unless it says otherwise', list(['left-pad']), 'imports'],
  ['a condition beside imports', { ...list(['left-pad']), when: 'tenant == "acme"' }, 'condition'],
];

const feed = systemActor('feed');
const report = (said: Partial<Report>) =>
  recordReports(feed, [
    {
      at: new Date(),
      report: reportSchema.parse({ sdkVersion: '1', kind: 'opa', state: 'active', ...said }),
    },
  ]);

beforeEach(async () => {
  await db.adoption.deleteMany();
  await db.instance.deleteMany();
  await db.mitigation.updateMany({ data: { state: 'withdrawn' } });
});

/** Live in full in the newest ruleset, published as it would be; compiling is each instance's own. */
async function live(rule: object) {
  const row = await ruleRow({ state: 'live', stage: 'full', ...rule });
  const seq = await db.$transaction((tx) => publishSnapshot(tx, 'test'));
  await db.mitigation.update({ where: { id: row.id }, data: { publishedSeq: seq, stageSeq: seq } });
  const { payload = '' } = (await latestRuleset()) ?? {};
  return { ...row, seq, files: untar(opaBundle(payload, false).bytes) };
}

const opa = process.env.STOPGAP_OPA ?? 'opa';
const hasOpa = spawnSync(opa, ['version']).status === 0;

/** Ids that a real OPA with this bundle leaves unjudged; null without one. */
function unjudgedBy(files: ReadonlyMap<string, Buffer>, input: object): string[] | null {
  if (!hasOpa) return null;
  const folder = mkdtempSync(join(tmpdir(), 'opa-unjudged-'));
  try {
    const [data, policy, asked] = ['data.json', 'policy.rego', 'input.json'].map((name) =>
      join(folder, name),
    );
    const read = (name: string) => String(files.get(name));
    writeFileSync(data ?? '', JSON.stringify(JSON.parse(read('stopgap/data.json'))));
    writeFileSync(policy ?? '', read('stopgap/policy.rego'));
    writeFileSync(asked ?? '', JSON.stringify(input));
    const query = 'data.stopgap.decision.result.unjudged';
    const said = execFileSync(
      opa,
      ['eval', '-f', 'json', '-d', `stopgap:${data}`, '-d', policy ?? '', '-i', asked ?? '', query],
      { encoding: 'utf8' },
    );
    return JSON.parse(said).result[0].expressions[0].value.map(({ id }: { id: string }) => id);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it.each(RULES)('%s: bundle, OPA, page, event and signal say the same', async (_, given, beyond) => {
  const { id, number, seq, files } = await live(given);
  const data = JSON.parse(String(files.get('stopgap/data.json')));
  expect(data.ruleset.rules).toMatchObject([{ id, beyond: beyond ?? false }]);
  const left = unjudgedBy(files, { prompt: 'hello', completion: 'x', language: 'python' });
  if (left !== null) expect(left).toEqual(beyond === null ? [] : [id]);

  await report({ instanceId: 'opa-1', activeSeq: seq, seq });
  const enforcement = (await enforcementOf(await person('lead'), [id]))[id] ?? expect.unreachable();
  const isJudged = beyond === null;
  expect(enforcement).toMatchObject({ isComplete: isJudged, enforcing: isJudged ? 1 : 0, beyondOpa: beyond });
  const words = enforcementWords(enforcement);
  expect(words).toMatch(
    isJudged ? /^enforced on 1 of 1$/ : /^enforced on 0 of 1, OPA does not judge this rule: it .+ \(1\)$/,
  );

  await confirmEnforced(feed);
  const event = await db.event.findFirstOrThrow({
    where: { action: 'fleet.enforced', subjectId: String(seq) },
  });
  const body = JSON.parse(event.body);
  expect(body.data.rules).toMatchObject([
    { ref: `R-${number}`, enforcing: isJudged ? 1 : 0, instances: 1, ...(!isJudged && { unjudgedOn: 1 }) },
  ]);
  expect(String(body.data.rules[0].unjudged ?? '')).toMatch(
    isJudged ? /^$/ : /^OPA does not judge this rule: /,
  );
  const told = {
    action: 'fleet.enforced',
    actorName: 'Feed',
    subject: { type: 'ruleset', id: `${seq}` },
    ...body,
  };
  expect(sentence(told).includes('OPA does not judge this rule')).toBe(!isJudged);

  const watched = {
    id,
    ref: `R-${number}`,
    maxHitRate: null,
    stage: 'full',
    stageSince: new Date(),
    plan: { canaryInstances: 100, canaryRequests: 100 },
  } as const;
  const signals = () => db.$transaction((tx) => signalsAgainst(tx, watched));
  expect((await signals()).join(' ').includes('OPA does not judge this rule')).toBe(!isJudged);
  // Beside one that judges it the rule is tried, and the OPA is named on the page.
  await report({ instanceId: 'sdk-1', kind: 'sdk', activeSeq: seq, seq });
  expect(await signals()).toEqual([]);
});

it('callers that send what they import: the label says so, and then it counts', async () => {
  const { id, seq, files } = await live(list(['left-pad']));
  await report({ instanceId: 'opa-1', labels: { imports: 'sent' }, activeSeq: seq, seq });
  const lead = await person('lead');
  expect((await enforcementOf(lead, [id]))[id]).toMatchObject({ isComplete: true, beyondOpa: null });
  expect(unjudgedBy(files, { completion: 'x', imports: [] }) ?? []).toEqual([]);
  await report({ instanceId: 'opa-2', labels: { imports: 'no' }, activeSeq: seq, seq });
  const both = (await enforcementOf(lead, [id]))[id] ?? expect.unreachable();
  expect(enforcementWords(both)).toMatch(/^enforced on 1 of 2, OPA does not judge this rule: .* \(1\)$/);
});
