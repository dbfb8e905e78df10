import { describe, expect, test } from 'vitest';
import type { DecisionRequest } from './decision.ts';
import { compileWhen, WHEN_VARIABLES, whenProblem } from './when.ts';

const request: DecisionRequest = {
  model: 'coder',
  version: '2026.9',
  tenant: 'acme',
  tier: 'free',
  language: 'python',
  surface: 'chat',
  feature: 'agent-mode',
  sampling: { temperature: 1.2, candidates: 4 },
  prompt: 'x'.repeat(300),
  completion: 'y',
};
const holds = (source: string, given = request) => compileWhen(source)(given, { region: 'eu' });

test.each([
  ['model == "coder" && version.startsWith("2026.")', true],
  ['tier in ["free", "trial"] && !(tenant in ["own"])', true],
  ['prompt_length > 200 && completion_length < 2', true],
  ['temperature > 1.0 || candidates >= 8', true],
  ['top_p < 0.0', true],
  ['labels["region"] == "eu"', true],
  ['"zone" in labels', false],
  ['surface == "inline" ? true : feature.contains("agent")', true],
  ['size(language) == 6', true],
])('%s is %s', (source, expected) => {
  expect(whenProblem(source)).toBeNull();
  expect(holds(source)).toBe(expected);
});

test('what a request does not say is empty, never another value', () => {
  expect(compileWhen('model == "" && tenant == "" && candidates == 1')({}, {})).toBe(true);
});

test.each([
  [{ candidates: 1.5 }, 'candidates == 2'],
  [{ candidates: Number.NaN }, 'candidates == 1'],
  [{ candidates: Number.POSITIVE_INFINITY }, 'candidates == 1'],
  [{ candidates: 1e300 }, 'candidates > 1000'],
  [{ temperature: Number.NaN }, 'temperature < 0.0'],
])('numbers that are none do not make it fail: %o', (sampling, source) => {
  expect(holds(source, { sampling })).toBe(true);
});

test('what is no text is as if it were not said', () => {
  const odd = { model: 7, prompt: 7, tenant: ['acme'] } as unknown as DecisionRequest;
  expect(holds('model == "" && tenant == "" && prompt_length == 0', odd)).toBe(true);
});

describe('refused, with a reason', () => {
  test.each([
    ['a regular expression', 'model.matches("a+")', /may not use matches\(\)/],
    ['a loop', '[1, 2].exists(x, x == 1)', /may not use exists\(\)|not valid/],
    ['a map macro', '[1, 2].map(x, x).size() == 2', /may not use map\(\)|not valid/],
    ['an unknown name', 'user == "x"', /user/],
    ['a value that is no condition', 'model + "x"', /gives string/],
    ['broken text', 'model ==', /not valid CEL/],
    ['what fails whatever comes', '1 / 0 > 0', /fails on every request: .*zero/],
    ['wrong types', 'prompt_length > "a"', /not valid CEL/],
    ['too many parts', Array.from({ length: 60 }, () => 'model == "a"').join(' || '), /not valid CEL/],
    ['the text itself', 'prompt.contains("x")', /prompt/],
  ])('%s', (_, source, message) => {
    expect(whenProblem(source)).toMatch(message);
    expect(() => compileWhen(source)).toThrow(message);
  });
});

test('a list that is too long is refused, and so is nesting without end', () => {
  expect(whenProblem(`tenant in [${Array.from({ length: 60 }, () => '"a"').join(',')}]`)).not.toBeNull();
  expect(whenProblem(`${'('.repeat(200)}true${')'.repeat(200)}`)).not.toBeNull();
});

test('every documented name is one that an expression may use', () => {
  for (const [name, type] of Object.entries(WHEN_VARIABLES)) {
    const source = { string: `${name} == ""`, int: `${name} == 0`, double: `${name} == 0.0` }[type];
    expect(whenProblem(source ?? `size(${name}) == 0`), name).toBeNull();
  }
});

test('a prompt of a megabyte costs a condition nothing: texts are not visible to it', () => {
  expect(Object.keys(WHEN_VARIABLES)).not.toContain('prompt');
  expect(compileWhen('prompt_length == 1048576')({ prompt: 'x'.repeat(1_048_576) }, {})).toBe(true);
});

test('a label that only some instances have is no failure', () => {
  expect(whenProblem('labels.region == "eu"')).toBeNull();
  expect(whenProblem('100 / completion_length > 1')).toBeNull();
});
