import { expect, it } from 'vitest';
import type { RuleMatcher } from '#sdk/rule';
import { carriedTests } from './carried-tests.ts';

const literal = (text: string): RuleMatcher => ({ kind: 'literal', text, ignoreCase: false });
const tests = { mustMatch: [{ text: 'eval(x)' }, { text: 'exec(x)' }], mustNotMatch: [{ text: 'evaluate' }] };

it('carries what still holds, and leaves the rest to the incident', () => {
  expect(carriedTests(tests, literal('eval('), true)).toEqual(tests);
  expect(carriedTests(tests, literal('eval('), false)).toEqual({
    mustMatch: [{ text: 'eval(x)' }],
    mustNotMatch: [{ text: 'evaluate' }],
  });
  expect(carriedTests(tests, literal('eval'), false)).toEqual({
    mustMatch: [{ text: 'eval(x)' }],
    mustNotMatch: [],
  });
  expect(carriedTests(tests, literal('open('), false)).toEqual({ mustNotMatch: [{ text: 'evaluate' }] });
});

it('carries none for what cannot be tried here, and none where none were suggested', () => {
  const shape: RuleMatcher = { kind: 'shape', pattern: 'eval($X)', language: 'python' };
  expect(carriedTests(tests, shape, false)).toBeUndefined();
  expect(carriedTests(tests, { kind: 'any' }, false)).toBeUndefined();
  expect(carriedTests(null, literal('eval('), false)).toBeUndefined();
});
