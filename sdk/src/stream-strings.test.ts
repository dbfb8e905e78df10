import { expect, test } from 'vitest';
import { compileRules, type DecisionRequest, evaluate, textMatcher } from './engine.ts';
import { jsonReadings } from './json-text.ts';
import type { Rule } from './rule.ts';
import { createJudge } from './stream-judge.ts';
import type { StreamSet } from './stream-set.ts';
import { cutUp, judgePieces, pick, random, streamSet } from './testing/chunks.ts';
import { ruleFor } from './testing/rules.ts';

// Each string of streamed JSON is a text of its own, as in a whole answer.

type Matcher = Rule['matcher'];
const re2 = (pattern: string, ignoreCase = false, lookback?: number): Matcher => ({
  kind: 're2',
  pattern,
  ignoreCase,
  ...(lookback === undefined ? {} : { lookback }),
});
const phrase = (...phrases: string[]): Matcher => ({ kind: 'phrases', phrases });
const packages = (find?: 'mentioned'): Matcher => ({
  kind: 'imports',
  packages: ['evil', 'left-pad', '@s/p'],
  ...(find && { find }),
});

const MATCHERS: readonly [string, Matcher][] = [
  ['begins', re2('^evil')],
  ['begins a line', re2('(?m)^evil')],
  ['ends', re2('evil\\($')],
  ['ends a line', re2('(?m)evil$')],
  ['is all', re2('^evil$')],
  ['the beginning and end of the text', re2('\\Aevil|evil\\z')],
  ['a word', re2('\\bevil\\b', true)],
  ['no word', re2('\\Bvil\\B')],
  ['across lines', re2('ignore\\s+previous')],
  ['anything between', re2('(?s)ignore.{1,12}previous')],
  ['no end of its own', re2('key=[^\\s"]+$', false, 64)],
  ['blanks and a sign', re2('^\\s*x$')],
  ['one sign', re2('^.$')],
  ['signs beyond the first plane', re2('^😀.é')],
  ['a literal over lines', { kind: 'literal', text: 'ignore\n\nprevious', ignoreCase: false }],
  ['a literal in any case', { kind: 'literal', text: 'EVIL(', ignoreCase: true }],
  ['a phrase', phrase('ignore previous')],
  ['phrases', phrase('evil plan', 'x')],
  ['imports', packages()],
  ['mentions', packages('mentioned')],
  ['a shape', { kind: 'shape', language: 'javascript', pattern: 'evil($A)' } as Matcher],
];

const WORDS = [
  'evil',
  'evil(',
  'evil(1)',
  'EVIL',
  'devils',
  'ignore',
  'previous',
  'ignore previous',
  'ignore\n\nprevious',
  'іgnоre\u200b previous',
  'evil plan',
  '\n',
  ' ',
  'x',
  '',
  '😀',
  '😀xé',
  '\ud83d',
  'e\u0301',
  '"',
  '\\',
  'key=abc',
  'import evil\n',
  'npm i left-pad',
  'from "@s/p"',
  'pip install \\\n evil',
  'command',
  'args',
  'and so on '.repeat(9),
  'and so on\n'.repeat(60),
];

/** As a model may write it: blanks, escapes that need not be, numbers. */
function write(next: () => number, value: unknown): string {
  const blank = () => pick(next, ['', '', ' ', '\n  ']);
  if (Array.isArray(value))
    return `[${value.map((each) => blank() + write(next, each)).join(',')}${blank()}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).map(([name, each]) => `${write(next, name)}:${write(next, each)}`);
    return `{${blank()}${fields.join(`,${blank()}`)}}`;
  }
  if (typeof value !== 'string' || next() < 0.7) return JSON.stringify(value);
  const spelled = [
    ...JSON.stringify(value)
      .slice(1, -1)
      .matchAll(/\\u....|\\.|[\s\S]/g),
  ].map(([sign]) =>
    sign.length === 1 && next() < 0.3 ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}` : sign,
  );
  return `"${spelled.join('')}"`;
}

function makeValue(next: () => number, depth: number): unknown {
  const word = Array.from({ length: 1 + Math.floor(next() * 2) }, () => pick(next, WORDS)).join('');
  switch (depth === 0 ? 9 : Math.floor(next() * 8)) {
    case 0:
    case 1:
      return [makeValue(next, depth - 1), makeValue(next, depth - 1)];
    case 2:
    case 3:
      return { [word]: makeValue(next, depth - 1), k: makeValue(next, depth - 1) };
    case 4:
      return write(next, [makeValue(next, depth - 1)]);
    case 5:
      return { command: 'npm', args: 'i left-pad', n: -1.5e3 };
    case 6:
      return pick(next, [1, true, null, -0.5]);
    default:
      return word;
  }
}

const AROUND: readonly [string, string][] = [
  ['', ''],
  ['', ''],
  ['Here: ', ' and so on.'],
  ['```json\n', '\n```\n'],
  ['a 5" disk ', ''],
];

function makeText(next: () => number): string {
  const [before, after] = pick(next, AROUND);
  let text = before + write(next, makeValue(next, 3)) + after;
  if (next() < 0.15) text = JSON.stringify(text);
  return next() < 0.15 ? text.slice(0, Math.floor(next() * text.length)) : text;
}

/** A rule whose pattern has no end is told apart only as far as its lookback. */
function isWithinLookback({ matcher }: Rule, text: string): boolean {
  if (matcher.kind !== 're2' || matcher.lookback === undefined) return true;
  const { lookback } = matcher;
  const find = textMatcher(matcher);
  return [text, ...jsonReadings(text).texts].every((each) =>
    find(each).every(({ start, end }) => end - start <= lookback),
  );
}

const now = new Date();

function whole(rules: readonly Rule[], request: DecisionRequest) {
  const compiled = compileRules(rules, { seq: 7, instanceId: 'i-1' });
  return evaluate(compiled, request, now, { json: true });
}

/** Answers whether a rule hit. */
function check(all: readonly Rule[], text: string, next: () => number): boolean {
  const rules = all.filter((rule) => isWithinLookback(rule, text));
  const expected = whole(rules, { completion: text });
  const set = streamSet(rules);
  // One by one says nothing more of a long text, and takes long.
  const cuts = text.length > 2_000 ? [90, 700] : [1, 5, 60];
  for (const pieces of [[text], ...cuts.map((longest) => cutUp(text, next, longest))]) {
    const { decision, text: out, errors, judge } = judgePieces(set, pieces, { now, json: true });
    const told = JSON.stringify({
      text,
      pieces: pieces.length,
      rules: rules.map((r) => [r.matcher, r.action]),
    });
    expect(errors, told).toEqual([]);
    expect(judge.counters.unscanned, told).toBe(0);
    expect(decision.verdict, told).toBe(expected.verdict);
    if (expected.verdict === 'block') {
      expect(text.startsWith(out) || rules.some(({ action }) => action === 'redact'), told).toBe(true);
      // Of several the first that stops it is told, and none behind it.
      if (rules.length === 1) expect(decision.rules, told).toEqual(expected.rules);
      continue;
    }
    expect(decision.rules, told).toEqual(expected.rules);
    if (expected.verdict !== 'replace') expect(out, told).toBe(expected.text ?? text);
  }
  return expected.rules.length > 0;
}

/** Every rule is to hit some texts and not others, so that the comparison says something. */
const BOTH = [false, true];

test.each(MATCHERS)('whole and streamed, strings of JSON have the same verdict: %s', (_, matcher) => {
  const seen = new Set<boolean>();
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed * 7_919);
    const text = makeText(next);
    const rule = ruleFor(matcher, 'x', { action: pick(next, ['block', 'flag', 'redact']) });
    seen.add(check([rule], text, next));
  }
  expect([...seen].sort()).toEqual(BOTH);
});

test.each(MATCHERS)('the same of strings too long to wait for, one behind the other: %s', (_, matcher) => {
  const long = ['and so on '.repeat(60), 'and so on\n'.repeat(60), '😀\n"'.repeat(200), ' '.repeat(600)];
  for (let seed = 1; seed <= 6; seed++) {
    const next = random(seed * 15_485_863);
    const word = () => pick(next, WORDS.slice(0, -2));
    const value = () => word() + pick(next, long) + pick(next, [word(), word() + pick(next, long)]);
    const text = write(next, [value(), word(), { [value()]: JSON.stringify([value(), value()]) }, value()]);
    check([ruleFor(matcher, 'x', { action: pick(next, ['block', 'flag', 'redact']) })], text, next);
  }
});

test.each([
  ['^evil', '{"a":"evil("}', 'block'],
  ['^evil', '{"evil":1}', 'block'],
  ['^evil', '{"a":"x","b":"no evil"}', 'allow'],
  ['evil$', '["evil","more"]', 'block'],
  ['ignore\\s+previous', '["ignore","previous"]', 'allow'],
  ['ignore\\s+previous', '["x","ignore previous"]', 'block'],
  ['^evil', JSON.stringify(JSON.stringify({ a: 'evil(' })), 'block'],
  ['^evil', JSON.stringify({ a: `${'x'.repeat(600)}\nEVIL(`, b: 'evil(' }), 'block'],
  ['^evil', JSON.stringify({ a: `${'x'.repeat(600)}\nevil(`, b: `${'y'.repeat(600)} evil(` }), 'allow'],
])('%s: %s', (pattern, text, verdict) => {
  const rules = [ruleFor(re2(pattern), 'x')];
  expect(whole(rules, { completion: text }).verdict).toBe(verdict);
  for (let length = 1; length <= text.length; length += length < 16 ? 1 : 97) {
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${length}}`, 'g')) ?? [];
    const { decision, text: out } = judgePieces(streamSet(rules), pieces, { json: true });
    expect([length, decision.verdict]).toEqual([length, verdict]);
    if (verdict === 'block') expect(out).not.toMatch(/evil|ignore previous/);
  }
});

/** What goes out, and the decision, where another ruleset comes before the character at `at`. */
function changing(text: string, at: number, [before, after]: readonly StreamSet[]) {
  let set = before;
  const judge = createJudge(
    {},
    {
      set: () => set,
      now: () => now,
      stale: () => false,
      demoted: () => new Set(),
      onTrouble: () => undefined,
      onFault: (error) => {
        throw error;
      },
    },
    { json: true },
  );
  let out = judge.write(text.slice(0, at));
  set = after;
  for (const piece of text.slice(at).match(/[\s\S]{1,5}/g) ?? []) out += judge.write(piece);
  out += judge.end();
  return { out, decision: judge.decision() };
}

test('a ruleset that comes inside of a string judges what is still held back of it, and what follows', () => {
  const before = streamSet([ruleFor(re2('^nothing at all$'), 'x')]);
  const after = { ...streamSet([ruleFor(re2('evil\\($'), 'x')]), seq: 8 };
  for (const length of [3, 700]) {
    for (const [text, verdict] of [
      [JSON.stringify(['x', `${'a'.repeat(length)} evil(`, 'y']), 'block'],
      [JSON.stringify(['x', `${'a'.repeat(length)} evil(1)`, 'y']), 'allow'],
    ] as const) {
      const at = text.indexOf(' evil');
      const { decision } = changing(text, at, [before, after]);
      expect([length, decision]).toMatchObject([length, { verdict, seq: 8 }]);
    }
  }
});

test('whole and streamed, strings of JSON have the same verdict: several rules', { timeout: 60_000 }, () => {
  for (let seed = 1; seed <= 200; seed++) {
    const next = random(seed * 104_729);
    const text = makeText(next);
    const rules = Array.from({ length: 1 + Math.floor(next() * 5) }, (_, index) =>
      ruleFor(pick(next, MATCHERS)[1], 'x', {
        ref: `R-${index}`,
        action: pick(next, [
          'block',
          'flag',
          'warn',
          'replace',
          'drop',
          'require_review',
          'redact',
          'redact',
        ]),
        mode: next() < 0.15 ? 'shadow' : 'enforce',
      }),
    );
    check(rules, text, next);
  }
});

test('whole and streamed, rules that remove something look at what they leave together', {
  timeout: 60_000,
}, () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 150; seed++) {
    const next = random(seed * 32_452_843);
    const text = makeText(next);
    const rules = Array.from({ length: 2 + Math.floor(next() * 2) }, (_, index) =>
      ruleFor(pick(next, MATCHERS)[1], 'x', {
        ref: `R-${index}`,
        action: pick(next, ['redact', 'redact', 'redact', 'replace', 'flag']),
        mode: next() < 0.1 ? 'shadow' : 'enforce',
      }),
    );
    check(rules, text, next);
    seen.add(whole(rules, { completion: text }).verdict);
  }
  expect([...seen].sort()).toEqual(['allow', 'block', 'flag', 'redact', 'replace']);
});

const removing = (text: string, ref: string, changes: Partial<Rule> = {}) =>
  ruleFor({ kind: 'literal', text, ignoreCase: false }, text, { ref, action: 'redact', ...changes });
const gone = removing('\\u0065vil', 'R-1');
const decoded = removing('evil', 'R-2');
const inShape = ruleFor({ kind: 'shape', language: 'javascript', pattern: 'evil($A)' }, 'evil(1)', {
  ref: 'R-3',
  action: 'redact',
});

test.each<[string, Rule[], string, string | null]>([
  [
    'one removes what the other would find decoded',
    [gone, decoded],
    '["\\u0065vil"]',
    '["[removed by R-1]"]',
  ],
  ['the same in the other order', [decoded, gone], '["\\u0065vil"]', '["[removed by R-1]"]'],
  ['it is there again', [gone, decoded], '["\\u0065vil \\u0065vi\\u006c"]', null],
  ['in words too', [decoded], 'evil ["evil"]', '[removed by R-2] ["[removed by R-2]"]'],
  ['in words, and decoded', [decoded], 'evil ["\\u0065vil"]', null],
  ['only decoded', [decoded], '["\\u0065vil"]', null],
  ['what reads the whole answer', [gone, inShape], '["\\u0065vil(1)"]', '["[removed by R-1](1)"]'],
  ['what reads the whole answer alone', [inShape], '["\\u0065vil(1)"]', null],
  ['in shadow it leaves what it finds', [{ ...gone, mode: 'shadow' }, decoded], '["\\u0065vil"]', null],
])('%s', (_, rules, text, left) => {
  const expected = whole(rules, { completion: text });
  expect(expected).toMatchObject(left === null ? { verdict: 'block' } : { verdict: 'redact', text: left });
  for (let length = 1; length <= text.length; length++) {
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${length}}`, 'g')) ?? [];
    const { decision, text: out } = judgePieces(streamSet(rules), pieces, { json: true });
    expect([length, decision.verdict]).toEqual([length, expected.verdict]);
    if (left !== null) expect([length, out, decision.rules]).toEqual([length, left, expected.rules]);
    else {
      expect(out).not.toContain('vil');
      const stops = (rule: { action: string }) => rule.action === 'block';
      expect(decision.rules.filter(stops)).toEqual(expected.rules.filter(stops));
    }
  }
});

const nothing = streamSet([ruleFor(re2('^nothing at all$'), 'x')]);
const holding = streamSet([removing('nothing at all', 'R-9')]);
const later = { ...streamSet([decoded]), seq: 8 };

test.each<[string, StreamSet | undefined]>([
  ['rules that hold nothing', nothing],
  ['one that removes', holding],
  ['no ruleset', undefined],
])('a rule that removes something and comes inside an answer, after %s', (_, before) => {
  for (const [text, from, verdict, left] of [
    // In the string that is being written, as its reader reads it.
    ['{"a": "some words, \\u0065vil", "b": "evil"}', ' words', 'block', null],
    ['{"a": "some words, evi\\u006c and so on"}', ' words', 'block', null],
    [
      JSON.stringify({ a: JSON.stringify({ b: 'some words, \\evil' }) }).replace('\\\\e', '\\u0065'),
      ' words',
      'block',
      null,
    ],
    // Behind it, and outside of strings, what it leaves counts.
    [
      '{"a": "some words", "b": "evil", "c": 1}',
      ' words',
      'redact',
      '{"a": "some words", "b": "[removed by R-2]", "c": 1}',
    ],
    ['some words, evil, ["\\u0062"]', ' words', 'redact', 'some words, [removed by R-2], ["\\u0062"]'],
    ['{"a": "some words", "b": "\\u0065vil"}', ' words', 'block', null],
    ['{"a": "some words", "b": "good"}', ' words', 'allow', '{"a": "some words", "b": "good"}'],
  ] as const) {
    const { out, decision } = changing(text, text.indexOf(from), [before, later] as StreamSet[]);
    expect([text, decision.verdict]).toEqual([text, verdict]);
    if (left === null) expect(out).not.toMatch(/vil|evi/);
    else expect(out).toBe(left);
  }
});
