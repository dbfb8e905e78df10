import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import type { DecisionRequest } from '#sdk/decision';
import { HELD_BACK } from '#sdk/effects';
import { compileRules, evaluate } from '#sdk/engine';
import type { Rule } from '#sdk/rule';
import { EFFECT_CASES, type EffectCase } from '#sdk/testing/effects';
import { FOLD_CASES, type FoldCase, points } from '#sdk/testing/folds';
import { JSON_PLACES, SOUGHT } from '#sdk/testing/json-places';
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

/** Many requests at once under the same rules. */
async function askEach(rules: Rule[], requests: object[]): Promise<{ verdict: string; rules: object[] }[]> {
  const data = path.join(folder, 'each.json');
  const input = path.join(folder, 'requests.json');
  await writeFile(data, JSON.stringify({ stopgap: opaData(makeSnapshot(7, rules)) }));
  await writeFile(input, JSON.stringify(requests));
  const policy = path.join(import.meta.dirname, 'policy.rego');
  const query = '[v | some asked in input; v := data.stopgap.decision.result with input as asked]';
  const { stdout } = await run(OPA, ['eval', '-d', policy, '-d', data, '-i', input, query], {
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout).result[0].expressions[0].value;
}

const sought = (overrides: Partial<Rule> = {}) =>
  makeRule({
    target: 'both',
    matcher: { kind: 'literal', text: SOUGHT, ignoreCase: false },
    tests: { mustMatch: [{ text: SOUGHT }], mustNotMatch: [] },
    ...overrides,
  });

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

describe.runIf(hasOpa)('a real OPA reads JSON as its reader reads it', () => {
  const asked = JSON_PLACES.map(({ part, text }) => ({ prompt: '', [part]: text }));
  const expected = (verdict: string) =>
    JSON_PLACES.map(({ name, hit }) => ({ name, verdict: hit ? verdict : 'allow' }));

  test.each<[string, Rule['matcher']]>([
    ['a text', { kind: 'literal', text: SOUGHT, ignoreCase: false }],
    ['a text in any case', { kind: 'literal', text: SOUGHT.toUpperCase(), ignoreCase: true }],
    ['a pattern', { kind: 're2', pattern: 'drop_table\\("\\w+"\\)', ignoreCase: false }],
    ['a phrase', { kind: 'phrases', phrases: [SOUGHT] }],
  ])('%s', async (_, matcher) => {
    const said = await askEach([sought({ matcher })], asked);
    expect(said.map(({ verdict }, at) => ({ name: JSON_PLACES[at]?.name, verdict }))).toEqual(
      expected('block'),
    );
  });

  test('nothing can be removed from there: a rule that redacts stops it', async () => {
    const rule = sought({ action: 'redact', parameters: { text: 'gone' } });
    const said = await askEach([rule], [...asked, { completion: SOUGHT }]);
    const inText = said.pop();
    expect(inText).toMatchObject({ verdict: 'redact', rules: [{ action: 'redact', target: 'completion' }] });
    const told = said.map(({ verdict }, at) => ({ name: JSON_PLACES[at]?.name, verdict }));
    const own = expected('block').map((row, at) =>
      JSON_PLACES[at]?.text.includes(SOUGHT) ? { ...row, verdict: 'redact' } : row,
    );
    expect(told).toEqual(own);
    const [, hidden] = said;
    expect(hidden).toBeDefined();
    const [stopped] = await askEach([rule], [{ completion: JSON.stringify({ code: SOUGHT }) }]);
    expect(stopped).toMatchObject({ message: HELD_BACK, rules: [{ action: 'block', parameters: {} }] });
  });
});

describe.runIf(hasOpa)('a string of JSON is a text of its own, names of fields too', () => {
  const begins = sought({ matcher: { kind: 're2', pattern: '^evil\\b[^"]*$', ignoreCase: false } });
  test('each is judged as our engine judges it', async () => {
    const completions = [
      '{"a":"evil("}',
      '{"evil":1}',
      '{"evil plan" : {"b":2}}',
      '{"k":1,"evil":{"a":"b"}}',
      JSON.stringify(JSON.stringify({ evil: 'x' })),
      'Here: {"x":1,"evil":2}.',
      '{"a":"an evil"}',
      '{"an evil":"b"}',
    ];
    const decide = (request: DecisionRequest) =>
      evaluate(compileRules([begins], { labels: {}, instanceId: 'i' }), request, new Date(), { json: true });
    const said = await askEach(
      [begins],
      completions.map((completion) => ({ completion })),
    );
    const told = said.map(({ verdict }, at) => [completions[at], verdict]);
    expect(told).toEqual(completions.map((completion) => [completion, decide({ completion }).verdict]));
    expect(told.map(([, verdict]) => verdict)).toEqual([...Array(6).fill('block'), 'allow', 'allow']);
  });
});

describe.runIf(hasOpa)('a rule is listed once, and says where it hit', () => {
  const off = makeRule({
    target: 'both',
    matcher: { kind: 'any' },
    action: 'disable',
    tests: { mustMatch: [{ text: 'x' }], mustNotMatch: [] },
  });
  test.each<[string, Rule, DecisionRequest]>([
    ['a kill switch', off, { prompt: 'hello', completion: 'there' }],
    ['a kill switch before the answer', off, { prompt: 'hello' }],
    ['a kill switch before the answer, empty', off, { prompt: 'hello', completion: '' }],
    ['a kill switch on an answer alone', off, { completion: 'there' }],
    ['a kill switch on nothing', off, {}],
    ['a kill switch of answers before there is one', { ...off, target: 'completion' }, { prompt: 'hello' }],
    ['a text in both parts', sought(), { prompt: SOUGHT, completion: SOUGHT }],
    ['a text in one', sought(), { prompt: 'x', completion: SOUGHT }],
    [
      'a text in one, in JSON in the other',
      sought(),
      { prompt: JSON.stringify([SOUGHT]), completion: SOUGHT },
    ],
  ])('%s', async (_, rule, request) => {
    const compiled = compileRules([rule], { labels: {}, instanceId: 'i' });
    const whole = evaluate(compiled, request, new Date(), { json: true });
    const [said] = await askEach([rule], [request]);
    const told = said?.rules as { id: string; target: string; action: string }[];
    expect(told.map(({ id, target, action }) => ({ id, target, action }))).toEqual(
      whole.rules.map(({ id, target, action }) => ({ id, target, action })),
    );
    expect(said?.verdict).toBe(whole.verdict);
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
