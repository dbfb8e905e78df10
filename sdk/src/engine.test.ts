import { describe, expect, test } from 'vitest';
import {
  compileRules,
  type DecisionRequest,
  evaluate,
  findHits,
  lintRule,
  runVectors,
  textMatcher,
} from './engine.ts';
import type { Rule, RuleScope } from './rule.ts';
import { makeRule, ruleFor } from './testing/rules.ts';

const now = new Date();
const decide = (rules: Rule[], request: DecisionRequest, at = now, labels?: Record<string, string>) =>
  evaluate(compileRules(rules, { seq: 7, labels }), request, at);
const re2 = (pattern: string, ignoreCase = false): Rule['matcher'] => ({ kind: 're2', pattern, ignoreCase });
const literal = (text: string, ignoreCase = false): Rule['matcher'] => ({
  kind: 'literal',
  text,
  ignoreCase,
});

describe('verdicts', () => {
  test('nothing hits: allow, with the seq that decided', () => {
    expect(decide([makeRule()], { completion: 'good()' })).toEqual({ verdict: 'allow', rules: [], seq: 7 });
  });

  test('block is stronger than redact, redact than flag; all hits are listed', () => {
    const flag = makeRule({ action: 'flag' });
    const redact = makeRule({ action: 'redact' });
    const block = makeRule({ action: 'block' });
    const request = { completion: 'evil()' };
    expect(decide([flag], request).verdict).toBe('flag');
    expect(decide([flag, redact], request)).toMatchObject({
      verdict: 'redact',
      text: `[removed by ${redact.ref}])`,
    });
    const strongest = decide([flag, redact, block], request);
    expect(strongest.verdict).toBe('block');
    expect(strongest.text).toBeUndefined();
    expect(strongest.rules.map((rule) => rule.id)).toEqual([flag.id, redact.id, block.id]);
  });

  test('shadow hits are listed and change nothing', () => {
    const rule = makeRule({ mode: 'shadow' });
    const shadowRedact = makeRule({ mode: 'shadow', action: 'redact' });
    const decision = decide([rule, shadowRedact], { completion: 'evil()' });
    expect(decision).toMatchObject({ verdict: 'allow', rules: [{ id: rule.id, mode: 'shadow' }, {}] });
    expect(decision.text).toBeUndefined();
    const beside = decide([makeRule({ action: 'redact' }), shadowRedact], { completion: 'evil()' });
    expect(beside.text).not.toContain(shadowRedact.ref);
  });

  test('target says which part is read, and a hit says which part it was', () => {
    const request = { prompt: 'evil()', completion: 'evil()' };
    const target = (rule: Rule) => decide([rule], request).rules.map((hit) => hit.target);
    expect(target(makeRule({ target: 'prompt' }))).toEqual(['prompt']);
    expect(target(makeRule({ target: 'completion' }))).toEqual(['completion']);
    expect(target(makeRule({ target: 'both' }))).toEqual(['both']);
    expect(decide([makeRule({ target: 'prompt' })], { completion: 'evil()' }).verdict).toBe('allow');
  });

  test('a redaction in the prompt alone rewrites the prompt alone', () => {
    const rule = makeRule({ target: 'both', action: 'redact' });
    const decision = decide([rule], { prompt: 'call evil(1)', completion: 'no' });
    expect(decision).toMatchObject({ verdict: 'redact', prompt: `call [removed by ${rule.ref}]1)` });
    expect(decision.text).toBeUndefined();
  });
});

describe('time and scope', () => {
  test('rules hit from startsAt until just before expiresAt', () => {
    const rule = makeRule({ startsAt: '2026-01-01T00:00:00Z', expiresAt: '2026-01-02T00:00:00Z' });
    const at = (iso: string) => decide([rule], { completion: 'evil()' }, new Date(iso)).verdict;
    expect(at('2025-12-31T23:59:59.999Z')).toBe('allow');
    expect(at('2026-01-01T00:00:00.000Z')).toBe('block');
    expect(at('2026-01-01T23:59:59.999Z')).toBe('block');
    expect(at('2026-01-02T00:00:00.000Z')).toBe('allow');
  });

  const SCOPES: [RuleScope, DecisionRequest, boolean][] = [
    [{}, {}, true],
    [{ models: [] }, {}, true],
    [{ models: ['m1', 'm2'] }, { model: 'm2' }, true],
    [{ models: ['m1'] }, { model: 'm2' }, false],
    [{ models: ['m1'] }, { model: 'M1' }, false],
    [{ models: ['m1'] }, {}, false],
    [{ languages: ['Python'] }, { language: 'pYTHON' }, true],
    [{ languages: ['python'] }, { language: 'go' }, false],
    [{ versions: ['1'], tenants: ['t'], tiers: ['free'] }, { version: '1', tenant: 't', tier: 'free' }, true],
    [
      { versions: ['1'], tenants: ['t'], tiers: ['free'] },
      { version: '1', tenant: 'u', tier: 'free' },
      false,
    ],
    [{ surfaces: ['inline'] }, { surface: 'inline' }, true],
    [{ surfaces: ['inline'] }, { surface: 'chat' }, false],
    [{ labels: { region: 'eu' } }, {}, true],
    [{ labels: { region: 'us' } }, {}, false],
    [{ labels: { region: 'eu', zone: 'a' } }, {}, false],
  ];
  test.each(SCOPES)('scope %j on %j: %s', (scope, request, hit) => {
    const decision = decide([makeRule({ scope })], { ...request, completion: 'evil()' }, now, {
      region: 'eu',
    });
    expect(decision.verdict).toBe(hit ? 'block' : 'allow');
  });
});

describe('matchers', () => {
  const found = (matcher: Rule['matcher'], text: string) =>
    textMatcher(matcher)(text).map(({ start, end }) => text.slice(start, end));

  test('spans are UTF-16 offsets, also behind astral characters and CRLF', () => {
    const text = '😀é\r\n𝒳 = evil(😀)\r\nevil()';
    expect(found(re2('evil\\([^)]*\\)'), text)).toEqual(['evil(😀)', 'evil()']);
    expect(found(literal('evil('), text)).toEqual(['evil(', 'evil(']);
    expect(found(re2('.'), '😀')).toEqual(['😀']);
  });

  test('redaction leaves everything around the spans as it was', () => {
    const rule = ruleFor(re2('evil\\([^)]*\\)'), 'evil()', { action: 'redact', ref: 'R-31' });
    const other = ruleFor(literal('(😀)\r\n'), '(😀)\r\n', { action: 'redact', ref: 'R-32' });
    const completion = '😀\r\nx = evil(😀)\r\ny = "\ud83d" // 𝒳\r\nevil()\n';
    expect(decide([rule], { completion }).text).toBe(
      '😀\r\nx = [removed by R-31]\r\ny = "\ud83d" // 𝒳\r\n[removed by R-31]\n',
    );
    expect(decide([rule, other], { completion }).text).toBe(
      '😀\r\nx = [removed by R-31, R-32]y = "\ud83d" // 𝒳\r\n[removed by R-31]\n',
    );
  });

  test('literals without case keep their offsets where lower case would change the length', () => {
    expect(found(literal('EVIL', true), 'İİ Evil evil')).toEqual(['Evil', 'evil']);
    expect(found(literal('straße Σ', true), 'İ STRAßE ς')).toEqual(['STRAßE ς']);
    expect(found(literal('k', true), '\u212a')).toEqual(['\u212a']);
    expect(found(literal('i', true), 'ıİ')).toEqual([]);
    expect(found(literal('evil'), 'EVIL')).toEqual([]);
    expect(found(re2('evil', true), 'İ EVIL')).toEqual(['EVIL']);
  });

  test('imports are found by package', () => {
    const rule = ruleFor({ kind: 'imports', packages: ['evil', '@s/p'] }, 'import evil', {
      action: 'redact',
    });
    const completion = 'import fs from "fs"\nimport x from "@s/p/x"\n';
    expect(decide([rule], { completion, language: 'ts' }).text).toBe(
      `import fs from "fs"\nimport x from "[removed by ${rule.ref}]"\n`,
    );
  });

  test('hostile patterns finish on long texts', () => {
    const long = 'a'.repeat(100_000);
    expect(found(re2('(a+)+$'), `${long}!`)).toEqual([]);
    expect(found(re2('(a+)+$'), long)).toEqual([long]);
    expect(found(re2('(a|aa)+b'), long)).toEqual([]);
  });

  test('a pattern that would list matches in quadratic time gives up towards removing too much', () => {
    const text = 'a'.repeat(60_000);
    const spans = textMatcher(re2('a.*b|a'))(text);
    expect(spans.length).toBeLessThan(1_000);
    expect(spans.at(-1)?.end).toBe(text.length);
    expect(spans.every((span, i) => i === 0 || span.start === spans[i - 1]?.end)).toBe(true);
  });

  test('findHits gives every span; a decision needs only the first of a block', () => {
    const compiled = compileRules([makeRule()]);
    const request = { completion: 'evil( evil( evil(' };
    expect(findHits(compiled, request, now)[0]?.spans).toHaveLength(3);
    expect(findHits(compiled, request, now, { firstOnly: true })[0]?.spans).toHaveLength(1);
  });
});

describe('lintRule and runVectors', () => {
  const lint = (pattern: string) => lintRule(ruleFor(re2(pattern), 'x'));

  test('sound patterns pass', () => {
    for (const pattern of ['evil', '(a+)+$', '\\bos\\.system\\(', '(?i)^import', 'evil|bad\\b']) {
      expect(lint(pattern)).toEqual([]);
    }
    expect(lintRule(makeRule())).toEqual([]);
  });

  test.each([
    ['(', /not valid RE2/],
    ['(?=x)', /no look-ahead/],
    ['(?<=x)y', /no look-behind/],
    ['(?>a)', /no atomic groups/],
    ['(a)\\1', /no back-references/],
    ['a*', /empty string/],
    ['x|', /empty string/],
    ['\\b', /without any text/],
    ['evil|\\B', /empty string/],
    ['(?:(?:a{100}){10}b){9}', /instructions|not valid/],
  ])('%j is refused', (pattern, reason) => {
    expect(lint(pattern).join(' ')).toMatch(reason);
  });

  test('vectors that fail are named', () => {
    const rule = makeRule({
      tests: { mustMatch: [{ text: 'evil(' }, { text: 'other' }], mustNotMatch: [{ text: 'not evil(' }] },
    });
    expect(runVectors(rule)).toEqual([
      'Vector mustMatch 2 is not hit: "other".',
      'Vector mustNotMatch 1 is hit: "not evil(".',
    ]);
    expect(runVectors(makeRule())).toEqual([]);
  });
});
