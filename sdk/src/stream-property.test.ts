import { describe, expect, test } from 'vitest';
import { compileRules, type DecisionRequest, evaluate, findHits, textMatcher } from './engine.ts';
import { redact } from './redact.ts';
import type { Rule } from './rule.ts';
import { cutUp, judgePieces, pick, random, streamSet } from './testing/chunks.ts';
import { ruleFor } from './testing/rules.ts';

const now = new Date();
type Matcher = Rule['matcher'];
const re2 = (pattern: string, ignoreCase = false, lookback?: number): Matcher => ({
  kind: 're2',
  pattern,
  ignoreCase,
  ...(lookback === undefined ? {} : { lookback }),
});
const literal = (text: string, ignoreCase = false): Matcher => ({ kind: 'literal', text, ignoreCase });

/** Anchors, boundaries, greed, priority, case, and patterns that look over their own edge; longest match 40 or less. */
const PATTERNS: Matcher[] = [
  literal('evil('),
  literal('😀x'),
  literal('STRASSE', true),
  literal('k', true),
  literal('\r\n'),
  literal('aa'),
  re2('\\bevil\\b'),
  re2('\\Bvil\\B'),
  re2('^start'),
  re2('(?m)^import'),
  re2('end$'),
  re2('(?m)end$'),
  re2('\\Aab|ba\\z'),
  re2('a{2,5}'),
  re2('a{2,5}?b?'),
  re2('ab|abc|abcd'),
  re2('abcd|abc|ab'),
  re2('(?:ab){1,3}c?'),
  re2('[^\\n]{3}\\r\\n'),
  re2('.😀.'),
  re2('(?s).evil.'),
  re2('é|\\x{1F600}{1,3}'),
  re2('key=[0-9a-f]{8}\\b', true),
  re2('\\$\\{[a-z]{1,6}\\}'),
  re2('(?i)drop\\s{1,3}table'),
];
/** Without an end of their own; the texts hold no match that is longer than the lookback. */
const UNBOUNDED: Matcher[] = [
  re2('key=[^\\s"]+', false, 64),
  re2('(?m)#.*$', false, 64),
  re2('a+b?', false, 64),
  re2('"[^"\\n]*"', false, 64),
  re2('a.*$|x', false, 64),
  re2('(?m)^\\s*end.*', false, 64),
  re2('\\bev\\w*\\b', false, 64),
];
const PHRASES: Matcher[] = [
  { kind: 'phrases', phrases: ['ignore all rules', 'ＥＶＩＬ plan'] },
  { kind: 'phrases', phrases: ['café', 'x'] },
  { kind: 'phrases', phrases: ['aa', 'a a'] },
];
const IMPORTS: Matcher[] = [
  { kind: 'imports', packages: ['evil', 'left-pad', '@s/p', 'os.path'] },
  { kind: 'imports', packages: ['requests', 'serde', 'github.com/x/y'] },
];

const WORDS =
  'evil( evil vil start import end endx ab abc abcd abab aaa aaaaaaa a b 😀 😀x é e\u0301 café cafe\u0301 KEY=0123abcd key=0123abcd9 key=x"y $\u007babc} drop  Table STRASSE straße K \u212a # note "q" "q x ignore all rules IGNORE\u200b all\u00a0rules ｅｖｉｌ plan \u200b \u0301 \ud83d \ude00'.split(
    ' ',
  );
const CODE = [
  'import evil',
  'import evil as e, os.path',
  'from evil.sub import (a,\n  b)',
  'from os import (\n  path,\n  sep\n)',
  "import x from 'left-pad'",
  'import {\n a\n} from "@s/p/deep"',
  "const a = require( 'evil' )",
  'await import(`left-pad`)',
  'pip install evil requests==2',
  'pip install \\\n  requests \\\r\n  evil',
  '["pip", "install", "evil"]',
  'npm i left-pad@1 @s/p',
  'go get github.com/x/y@v1',
  'import (\n\t"fmt"\n\tz "github.com/x/y/z"\n)',
  'use serde::Deserialize;',
  'pub(crate) use serde;',
  'use {serde::A,\n std::b};',
  'extern crate serde;',
  'x = __import__("evil")',
  'go ahead and import nothing from here',
  'reuse: use serde when needed',
  '; import evil',
  '>>> import evil',
  'x-import evil',
];
const GLUE = [' ', ' ', '', '\n', '\r\n', '\r', '\t', '; ', '.', '\u2028', ''];

function makeText(next: () => number): string {
  let text = '';
  const length = 1 + Math.floor(next() * 30);
  for (let i = 0; i < length; i++) text += pick(next, next() < 0.35 ? CODE : WORDS) + pick(next, GLUE);
  return text;
}

const ACTIONS: Rule['action'][] = [
  'redact',
  'redact',
  'redact',
  'flag',
  'warn',
  'require_review',
  'block',
  'replace',
  'drop',
];

function makeRules(next: () => number, kinds: Matcher[], actions = ACTIONS): Rule[] {
  const count = 1 + Math.floor(next() * 5);
  return Array.from({ length: count }, (_, index) =>
    ruleFor(pick(next, kinds), 'x', {
      ref: `R-${index}`,
      action: pick(next, actions),
      mode: next() < 0.15 ? 'shadow' : 'enforce',
      target: next() < 0.2 ? 'both' : 'completion',
      parameters: next() < 0.5 ? { text: `text of ${index}` } : {},
      scope: next() < 0.1 ? { languages: ['go'] } : {},
    }),
  );
}

/** The answer with every enforced redaction applied, whatever the verdict. */
function redacted(rules: Rule[], request: DecisionRequest, demoted?: ReadonlySet<string>): string {
  const hits = findHits(compileRules(rules), request, now, { demoted }).filter(
    (hit) => hit.target === 'completion' && hit.mode === 'enforce' && hit.action === 'redact',
  );
  return redact(request.completion ?? '', hits);
}

/** A rule whose pattern has no end is told apart only as far as its lookback. */
function isWithinLookback({ matcher }: Rule, text: string): boolean {
  if (matcher.kind !== 're2' || matcher.lookback === undefined) return true;
  const { lookback } = matcher;
  return textMatcher(matcher)(text).every(({ start, end }) => end - start <= lookback);
}

function check(
  all: Rule[],
  text: string,
  next: () => number,
  context: DecisionRequest = {},
  circumstances: { stale?: boolean; demoted?: ReadonlySet<string> } = {},
) {
  const rules = all.filter((rule) => isWithinLookback(rule, text));
  const request = { ...context, completion: text };
  const whole = evaluate(compileRules(rules, { seq: 7, instanceId: 'i-1' }), request, now, circumstances);
  const clean = redacted(rules, request, circumstances.demoted);
  const cuts = [[text], [...text].flatMap((c) => c.split('')), cutUp(text, next, 4), cutUp(text, next, 30)];
  let first: unknown;
  const set = streamSet(rules);
  for (const pieces of cuts) {
    const {
      decision,
      text: out,
      judge,
      errors,
    } = judgePieces(set, pieces, { context, now, ...circumstances });
    const told = JSON.stringify({
      text,
      pieces: pieces.length,
      rules: rules.map((r) => [r.matcher, r.action, r.mode]),
    });
    expect(errors, told).toEqual([]);
    expect(judge.counters.unscanned).toBe(0);
    expect(decision.verdict, told).toBe(whole.verdict);
    if (whole.verdict === 'block') {
      // It ends at the first hit that blocks; what the whole answer would have hit later is not read any more.
      first ??= decision.rules;
      expect(decision.rules, told).toEqual(first);
      for (const rule of decision.rules) expect(whole.rules.map(({ id }) => id)).toContain(rule.id);
      expect(clean.startsWith(out), told).toBe(true);
      continue;
    }
    expect(decision.rules, told).toEqual(whole.rules);
    expect(decision.message, told).toBe(whole.message);
    if (whole.verdict === 'replace') {
      expect(out.endsWith(whole.text ?? '?'), told).toBe(true);
      const before = out.slice(0, out.length - (whole.text ?? '').length);
      // Behind words that went out, the rule's are a paragraph of their own.
      expect(before === '' || (before.endsWith('\n\n') && clean.startsWith(before.slice(0, -2))), told).toBe(
        true,
      );
    } else {
      expect(out, told).toBe(whole.text ?? text);
    }
  }
}

describe('however an answer is cut, a stream decides what the whole answer decides', () => {
  const cases: [string, Matcher[], number][] = [
    ['patterns and literals', PATTERNS, 350],
    ['patterns without an end, within their lookback', UNBOUNDED, 250],
    ['phrases', PHRASES, 250],
    ['imports', IMPORTS, 400],
    ['all at once', [...PATTERNS, ...UNBOUNDED, ...PHRASES, ...IMPORTS, { kind: 'any' }], 350],
  ];
  test.each(cases)('%s', (_, kinds, runs) => {
    for (let seed = 1; seed <= runs; seed++) {
      const next = random(seed * 7_919);
      const text = makeText(next);
      const context = {
        language: pick(next, [null, 'python', 'go', 'typescript']),
        prompt: next() < 0.2 ? 'evil( aa' : null,
      };
      check(makeRules(next, kinds), text, next, context);
    }
  });

  test('also where the ruleset is stale and rules are demoted', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed * 104_729);
      const text = makeText(next);
      const rules = makeRules(next, [...PATTERNS, ...PHRASES, ...IMPORTS]).map((rule) => ({
        ...rule,
        target: 'completion' as const,
        fail: {
          onError: 'open' as const,
          onStale: pick(next, ['open', 'open', 'require_review', 'closed'] as const),
        },
      }));
      const demoted = new Set(rules.filter(() => next() < 0.3).map(({ id }) => id));
      check(rules, text, next, {}, { stale: next() < 0.5, demoted });
    }
  });
});
