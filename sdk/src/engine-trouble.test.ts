import { describe, expect, test, vi } from 'vitest';
import { compileRules, costOf, evaluate, lintRule, RuleCache, runVectors, type Trouble } from './engine.ts';
import { LIMITS, type Rule } from './rule.ts';
import { makeRule } from './testing/rules.ts';

const now = new Date();
const evil = { prompt: 'abc', completion: 'evil()' };
const good = { prompt: 'abc', completion: 'good()' };
/** Divides by zero for a prompt of three characters. */
const THROWS = '1 / (prompt_length - 3) > 0';
const fail = (onError: Rule['fail']['onError'], onStale: Rule['fail']['onStale'] = 'open') => ({
  onError,
  onStale,
});

describe('a rule that throws', () => {
  test.each([
    ['open', 'allow'],
    ['closed', 'block'],
    ['require_review', 'require_review'],
  ] as const)('fails %s: %s, and says so', (onError, verdict) => {
    const rule = makeRule({ when: THROWS, fail: fail(onError) });
    const troubles: [string, Trouble][] = [];
    const onTrouble = (each: Rule, trouble: Trouble) => troubles.push([each.id, trouble]);
    expect(evaluate(compileRules([rule]), evil, now, { onTrouble }).verdict).toBe(verdict);
    expect(troubles).toMatchObject([
      [rule.id, { kind: 'condition', message: expect.stringMatching(/zero/i) }],
    ]);
  });

  test('fails only where it would hit, and never stops another rule', () => {
    const rule = makeRule({ when: THROWS, fail: fail('closed') });
    expect(evaluate(compileRules([rule]), good, now).verdict).toBe('allow');
    const flag = makeRule({ action: 'flag' });
    const decision = evaluate(compileRules([{ ...rule, fail: fail('open') }, flag]), evil, now);
    expect(decision).toMatchObject({ verdict: 'flag', rules: [{ id: flag.id }] });
  });

  test('in shadow or demoted it changes nothing', () => {
    const rule = makeRule({ when: THROWS, fail: fail('closed') });
    expect(evaluate(compileRules([{ ...rule, mode: 'shadow' }]), evil, now).verdict).toBe('allow');
    const demoted = new Set([rule.id]);
    expect(evaluate(compileRules([rule]), evil, now, { demoted })).toMatchObject({
      verdict: 'allow',
      rules: [{ id: rule.id, mode: 'shadow' }],
    });
  });
});

describe('a ruleset that is too old', () => {
  test.each([
    ['open', 'allow'],
    ['closed', 'block'],
    ['require_review', 'require_review'],
  ] as const)('%s without a hit: %s', (onStale, verdict) => {
    const compiled = compileRules([makeRule({ action: 'flag', fail: fail('open', onStale) })]);
    expect(evaluate(compiled, good, now, { stale: true }).verdict).toBe(verdict);
    expect(evaluate(compiled, good, now).verdict).toBe('allow');
  });

  test('a rule that hits goes on counting as itself; one out of scope, or without its part, says nothing', () => {
    const rule = makeRule({ action: 'flag', fail: fail('open', 'closed'), scope: { models: ['m'] } });
    const compiled = compileRules([rule]);
    expect(evaluate(compiled, { ...evil, model: 'm' }, now, { stale: true }).verdict).toBe('flag');
    expect(evaluate(compiled, { ...good, model: 'other' }, now, { stale: true }).verdict).toBe('allow');
    expect(evaluate(compiled, { prompt: 'abc', model: 'm' }, now, { stale: true }).verdict).toBe('allow');
  });
});

test('a rule over its time says so and still counts; without a breaker nothing is measured', () => {
  const slow = makeRule({ breaker: { maxHitRate: 1, budgetMs: Number.MIN_VALUE } });
  const troubles: Trouble[] = [];
  const onTrouble = (_: Rule, trouble: Trouble) => troubles.push(trouble);
  // A text long enough that the clock moves.
  const request = { completion: `${'x'.repeat(1_000_000)}evil(` };
  expect(evaluate(compileRules([slow, makeRule()]), request, now, { onTrouble }).verdict).toBe('block');
  expect(troubles.map(({ kind }) => kind)).toEqual(['budget']);
});

test('a longer text has as much more time: whoever sends one does not switch the rule off', () => {
  const rule = makeRule({ breaker: { maxHitRate: 1, budgetMs: 50 } });
  const kinds = (length: number) => {
    const found: Trouble['kind'][] = [];
    // Every look at the clock is 100 ms after the one before.
    let at = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (at += 100));
    const onTrouble = (_: Rule, { kind }: Trouble) => found.push(kind);
    evaluate(compileRules([rule]), { completion: `evil(${'x'.repeat(length)}` }, now, { onTrouble });
    clock.mockRestore();
    return found;
  };
  expect(kinds(16_000)).toEqual(['budget']);
  expect(kinds(40_000)).toEqual([]);
});

describe('a text that asks for more work than a decision may do', () => {
  const re2 = (pattern: string) => ({ kind: 're2' as const, pattern, ignoreCase: false });
  const names = Array.from({ length: 100 }, (_, at) => `open_${at + 100}`);
  const dear = (onError: Rule['fail']['onError']) =>
    names.map((name) =>
      makeRule({
        matcher: re2(`${name}(?:[^\\n]|\\n\\n)*end_${name}[0-9]`),
        action: 'flag',
        fail: fail(onError),
      }),
    );
  const completion = `${names.map((name) => `${name} `).join('')}${'x'.repeat(20_000)}${names.map((name) => `end_${name} `).join('')} evil(`;

  test.each([
    ['open', 'flag'],
    ['closed', 'block'],
    ['require_review', 'require_review'],
  ] as const)(
    'leaves some of the dear rules unjudged, which fail %s and say so; the others are judged',
    (onError, verdict) => {
      const cheap = [makeRule({ matcher: re2('evil\\('), action: 'flag' }), makeRule({ action: 'flag' })];
      const rules = [...dear(onError), ...cheap];
      const told = new Map<string, string>();
      const onTrouble = (rule: Rule, { kind }: Trouble) => told.set(rule.id, kind);
      const decision = evaluate(compileRules(rules), { completion }, now, { onTrouble });
      expect(decision.verdict).toBe(verdict);
      expect(new Set(told.values())).toEqual(new Set(['work']));
      expect(told.size).toBeGreaterThan(10);
      expect(told.size).toBeLessThan(100);
      const hits = decision.rules.map(({ id }) => id);
      const failed = onError === 'open' ? [] : [...told.keys()];
      expect(hits).toEqual([...failed, ...cheap.map(({ id }) => id)]);
      expect(hits).toEqual(rules.map(({ id }) => id).filter((id) => hits.includes(id)));
      // The same again: nothing of it depends on what was judged before.
      expect(evaluate(compileRules(rules), { completion }, now)).toEqual(decision);
    },
  );

  test('few of the same rules are judged on it', () => {
    const troubles: Trouble[] = [];
    const onTrouble = (_: Rule, trouble: Trouble) => troubles.push(trouble);
    const [first] = dear('closed');
    const decision = evaluate(
      compileRules(first ? [first] : []),
      { completion: `${completion} ${names[0]} end_${names[0]}7` },
      now,
      { onTrouble },
    );
    expect(decision.verdict).toBe('flag');
    expect(troubles).toEqual([]);
  });
});

test('a new ruleset compiles only what changed', () => {
  const cache = new RuleCache();
  const rules = Array.from({ length: 50 }, (_, at) =>
    makeRule({ matcher: { kind: 're2', pattern: `word${at}\\(`, ignoreCase: false } }),
  );
  const before = compileRules(rules, { cache });
  const after = compileRules([...rules, makeRule()], { cache });
  expect(after.rules.slice(0, 50).map(({ find }) => find)).toEqual(before.rules.map(({ find }) => find));
  cache.retain(rules.slice(0, 10));
  expect(cache.size).toBe(10);
});

describe('lint', () => {
  const any: Partial<Rule> = { matcher: { kind: 'any' }, tests: { mustMatch: [], mustNotMatch: [] } };
  test.each<[string, Partial<Rule>, RegExp]>([
    ['any with redact', { ...any, action: 'redact' }, /cannot redact/],
    ['any with drop', { ...any, action: 'drop' }, /cannot drop/],
    ['replace without text', { action: 'replace' }, /needs a text/],
    ['warn without text', { action: 'warn' }, /needs a text/],
    ['sampling without parameters', { ...any, action: 'sampling' }, /at least one parameter/],
    [
      'an empty bound',
      { ...any, action: 'sampling', parameters: { sampling: {} } },
      /at least one parameter/,
    ],
    ['a phrase of nothing', { matcher: { kind: 'phrases', phrases: ['\u200b'] } }, /no visible character/],
    ['a condition that is not CEL', { when: 'model ==' }, /not valid CEL/],
    [
      'a shape without a parser',
      { matcher: { kind: 'shape', pattern: 'evil($A)', language: 'cobol' } },
      /no parser/,
    ],
  ])('refuses %s', (_, overrides, said) => {
    expect(lintRule(makeRule(overrides)).join()).toMatch(said);
  });

  test('a rule without a vector has not shown that it works, unless it hits everything', () => {
    expect(runVectors(makeRule({ tests: { mustMatch: [], mustNotMatch: [] } })).join()).toMatch(/no vector/);
    expect(runVectors(makeRule(any))).toEqual([]);
  });
});

describe('cost', () => {
  const units = (pattern: string) =>
    costOf({ matcher: { kind: 're2', pattern, ignoreCase: false }, when: null }).units;
  test('what requires no string costs more, what is large costs more, nothing costs more than the limit', () => {
    expect(units('evil\\(')).toBeLessThan(units('[a-z]+\\('));
    expect(units('evil[a-z]{900}')).toBeGreaterThan(units('evil[a-z]'));
    expect(units('[a-z]{1000}')).toBeLessThanOrEqual(LIMITS.costUnits);
    expect(units('(')).toBe(LIMITS.costUnits);
  });
  test('a hundred thousand names cost what one does', () => {
    const list = (length: number) =>
      costOf({
        matcher: { kind: 'imports', packages: Array.from({ length }, (_, at) => `p${at}`) },
        when: null,
      });
    expect(list(100_000)).toEqual(list(1));
  });
});
