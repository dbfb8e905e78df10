import { expect, test } from 'vitest';
import { compileRules, evaluate } from './engine.ts';
import type { Rule } from './rule.ts';
import { makeRule, ruleFor } from './testing/rules.ts';

const off = (target: Rule['target']) =>
  compileRules([ruleFor({ kind: 'any' }, 'x', { action: 'disable', target, scope: { models: ['coder'] } })]);
const verdict = (target: Rule['target'], request: object) =>
  evaluate(off(target), { model: 'coder', ...request }, new Date()).verdict;

test('what is switched off is off before anything is asked, and for an empty prompt', () => {
  for (const target of ['prompt', 'both'] as const) {
    expect(verdict(target, {})).toBe('block');
    expect(verdict(target, { prompt: '' })).toBe('block');
    expect(verdict(target, { prompt: 'hi' })).toBe('block');
  }
  expect(verdict('completion', { completion: 'hi' })).toBe('block');
  expect(verdict('prompt', { completion: 'hi' })).toBe('allow');
  expect(verdict('prompt', { model: 'other' })).toBe('allow');
});

test('nothing else hits a text that is empty', () => {
  expect(evaluate(compileRules([makeRule({ target: 'both' })]), {}, new Date()).verdict).toBe('allow');
});
