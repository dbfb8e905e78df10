import { expect, test } from 'vitest';
import { compileRules, type DecisionRequest, evaluate } from './engine.ts';
import { rank } from './rank.ts';
import type { Rule } from './rule.ts';
import { makeRule, ruleFor } from './testing/rules.ts';

const literal = (text: string, overrides: Partial<Rule>) =>
  ruleFor({ kind: 'literal', text, ignoreCase: false }, text, overrides);
const drop = literal('drop', { action: 'drop', ref: 'R-1' });
const demote = literal('demote', { action: 'demote', ref: 'R-2' });
const shadow = literal('shadow', { action: 'drop', mode: 'shadow', ref: 'R-3' });
const rules = [drop, demote, shadow, makeRule({ ref: 'R-4' })];
const decide = (request: DecisionRequest) => evaluate(compileRules(rules, { seq: 3 }), request, new Date());

test('dropped and blocked candidates go, demoted ones go last, the rest keeps its order', () => {
  const candidates = ['demote 0', 'fine 1', 'drop 2', 'shadow 3', 'evil( drop 4', 'demote 5', 'fine 6'];
  const { order, dropped, decisions, decision } = rank(candidates, { tenant: 't' }, decide);
  expect(order).toEqual([1, 3, 6, 0, 5]);
  expect(dropped).toEqual([
    { index: 2, rules: ['R-1'] },
    { index: 4, rules: ['R-1', 'R-4'] },
  ]);
  expect(decisions).toHaveLength(candidates.length);
  expect(decision).toBe(decisions[1]);
});

test('when none is left, the decision is a block', () => {
  const { order, decision } = rank(['drop', 'evil('], {}, decide);
  expect(order).toEqual([]);
  expect(decision.verdict).toBe('block');
  expect(rank([], {}, decide)).toMatchObject({ order: [], dropped: [], decision: { verdict: 'allow' } });
});
