import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { EFFECT_CASES, type EffectCase } from '#sdk/testing/effects';
import { FOLD_CASES, type FoldCase, points } from '#sdk/testing/folds';
import { makeRule, makeSnapshot } from '#sdk/testing/rules';
import { FILLERS, INVISIBLE, LOOKALIKES, MARKS, WHITE_SPACE } from '#sdk/text/characters';
import { opaData } from './rules.ts';

const run = promisify(execFile);
const OPA = process.env.STOPGAP_OPA ?? 'opa';
/** The real one, where the machine has it. What it is given is compared in bundle.test.ts wherever these run. */
const hasOpa = await run(OPA, ['version']).then(
  () => true,
  () => false,
);

const folder = await mkdtemp(path.join(tmpdir(), 'stopgap-opa-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ask({ rules, request, stale }: Pick<EffectCase, 'rules' | 'request' | 'stale'>) {
  const data = path.join(folder, 'data.json');
  const input = path.join(folder, 'input.json');
  await writeFile(data, JSON.stringify({ stopgap: opaData(makeSnapshot(7, rules)) }));
  await writeFile(input, JSON.stringify({ ...request, ...(stale && { min_seq: 8 }) }));
  const policy = path.join(import.meta.dirname, 'policy.rego');
  const { stdout } = await run(OPA, [
    'eval',
    '-d',
    policy,
    '-d',
    data,
    '-i',
    input,
    'data.stopgap.decision.result',
  ]);
  return JSON.parse(stdout).result[0].expressions[0].value;
}

/** Many texts at once, for one rule each: what the policy says of every one. */
async function askAll(cases: readonly FoldCase[]): Promise<string[]> {
  const phrases = [...new Set(cases.map(({ phrase }) => phrase))];
  const rules = phrases.map((phrase, at) =>
    makeRule({
      scope: { tenants: [`t${at}`] },
      matcher: { kind: 'phrases', phrases: [phrase] },
      tests: { mustMatch: [{ text: phrase }], mustNotMatch: [] },
    }),
  );
  const data = path.join(folder, 'folds.json');
  const input = path.join(folder, 'texts.json');
  await writeFile(data, JSON.stringify({ stopgap: opaData(makeSnapshot(7, rules)) }));
  await writeFile(
    input,
    JSON.stringify(
      cases.map(({ phrase, text }) => ({ tenant: `t${phrases.indexOf(phrase)}`, completion: text })),
    ),
  );
  const policy = path.join(import.meta.dirname, 'policy.rego');
  const query = '[v | some asked in input; v := data.stopgap.decision.result.verdict with input as asked]';
  const { stdout } = await run(OPA, ['eval', '-d', policy, '-d', data, '-i', input, query], {
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout).result[0].expressions[0].value;
}

describe.runIf(hasOpa)('a real OPA finds phrases where our engine does', () => {
  test('in every writing of the table', async () => {
    const verdicts = await askAll(FOLD_CASES);
    const told = FOLD_CASES.map(({ name }, at) => ({ name, verdict: verdicts[at] }));
    expect(told).toEqual(FOLD_CASES.map(({ name, hit }) => ({ name, verdict: hit ? 'block' : 'allow' })));
  });

  test('with every invisible character, mark, blank and look-alike', async () => {
    const within = points([...INVISIBLE, ...MARKS]).filter((point) => point < 0xe0080 || point > 0xe0fe0);
    const text = (point: number, words: string) => words.replaceAll('_', String.fromCodePoint(point));
    const cases = [
      ...within.map((point) => text(point, 'ig_nore_ _rules')),
      ...points([...WHITE_SPACE, ...FILLERS]).map((point) => text(point, 'ignore_rules')),
      ...[...LOOKALIKES]
        .filter(([, ascii]) => 'ignorerules'.includes(ascii))
        .map(([like, ascii]) => 'ignore rules'.replace(ascii, like)),
    ].map((each) => ({ name: each, phrase: 'ignore rules', text: each, hit: true }));
    const verdicts = await askAll(cases);
    expect(cases.filter((_, at) => verdicts[at] !== 'block').map(({ text: each }) => each)).toEqual([]);
  });
});

describe.runIf(hasOpa)('a real OPA answers as our engine does', () => {
  test.each(EFFECT_CASES)('$name', async (row) => {
    const { verdict, message, text } = await ask(row);
    const answer = Object.entries({ verdict, message, text }).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(answer)).toEqual(row.expect);
  });
});

describe.runIf(hasOpa)('a canary of requests in a real OPA', () => {
  test('takes a share of answers that come without an id and without a prompt', async () => {
    const rules = [makeRule({ rollout: { instances: 100, requests: 50 } })];
    const verdicts: string[] = [];
    for (let n = 0; n < 24; n++)
      verdicts.push((await ask({ rules, request: { completion: `evil(${n})` }, stale: false })).verdict);
    const blocked = verdicts.filter((verdict) => verdict === 'block').length;
    expect(blocked).toBeGreaterThan(2);
    expect(blocked).toBeLessThan(22);
  });
});
