import { expect, test } from 'vitest';
import { dice } from '#tests/backtest-rows';
import { KEY_NAMES } from './keys.ts';
import { QUERY_MAX, readQuery, type Term, termsSchema, writeQuery } from './query.ts';
import { tokensOf } from './tokens.ts';

const term = (key: Term['key'], value: string, negated = false): Term => ({ key, value, negated });

test.each<[string, Term[]]>([
  ['', []],
  ['eval', [term('text', 'eval')]],
  ['  two   words ', [term('text', 'two'), term('text', 'words')]],
  ['"two words"', [term('text', 'two words')]],
  ['"a \\" quote and a \\\\ slash, \\n stays"', [term('text', 'a " quote and a \\ slash, \\n stays')]],
  ['-eval -"two words"', [term('text', 'eval', true), term('text', 'two words', true)]],
  ['--force -> - -(', [term('text', '--force'), term('text', '->'), term('text', '-'), term('text', '-(')]],
  [
    'https://a.example std::vector x:=1',
    [term('text', 'https://a.example'), term('text', 'std::vector'), term('text', 'x:=1')],
  ],
  ['/etc/passwd f(x):', [term('text', '/etc/passwd'), term('text', 'f(x):')]],
  ['Package:requests -HOST:Evil.Example', [term('package', 'requests'), term('host', 'evil.example', true)]],
  ['tenant:"Acme Inc"', [term('tenant', 'Acme Inc')]],
  ['re:/a b\\/c\\d+/', [term('re', 'a b/c\\d+')]],
  ['re:/\\\\/ x', [term('re', '\\\\'), term('text', 'x')]],
  [
    'cluster:12 incident:inc-3 blocked:R-7',
    [term('cluster', 'C-12'), term('incident', 'INC-3'), term('blocked', 'R-7')],
  ],
  ['severity:HIGH verdict:harmful', [term('severity', 'high'), term('verdict', 'harmful')]],
  [
    'after:2026-11-01 before:2026-11-02t10:00z after:7D',
    [term('after', '2026-11-01'), term('before', '2026-11-02T10:00Z'), term('after', '7d')],
  ],
  ['"model:x"', [term('text', 'model:x')]],
  ['日本語 -ключ', [term('text', '日本語'), term('text', 'ключ', true)]],
])('a line reads as its terms (%#)', (line, terms) => {
  expect(readQuery(line)).toEqual({ terms, problems: [] });
});

test.each<[string, number, RegExp]>([
  ['a "open', 2, /^Character 3: the quote is not closed\.$/],
  ['re:/open', 3, /the slash is not closed/],
  ['re:eval', 3, /^Character 4: re: expects a pattern in RE2 between slashes/],
  ['re:/a(/', 3, /re: expects a pattern in RE2/],
  ['re:/(?=x)/', 3, /re: expects a pattern in RE2/],
  ['x modle:gpt', 2, /^Character 3: there is no key “modle”\. To look for it as text, put it in quotes\.$/],
  ['-foo:x', 0, /there is no key “foo”/],
  ['model:', 6, /model: expects the name of a model/],
  ['severity:bad', 9, /severity: expects one of low, medium, high, critical/],
  ['cluster:abc', 8, /cluster: expects the number of a cluster/],
  ['cluster:R-1', 8, /cluster: expects/],
  ['after:2026-02-30', 6, /after: expects a date/],
  ['after:yesterday', 6, /after: expects a date/],
  ['" "', 0, /a text expects words/],
  ['"\u200b"', 0, /a text expects words/],
  [`model:${'m'.repeat(501)}`, 6, /model: expects/],
  ['x'.repeat(QUERY_MAX + 1), QUERY_MAX, /at most 1000 characters/],
  ['a '.repeat(41), 80, /at most 40 parts/],
  ['a\0b', 0, /a text expects words/],
])('a line that is wrong says where, and what is expected (%#)', (line, at, message) => {
  const { problems } = readQuery(line);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.at).toBe(at);
  expect(problems[0]?.message).toMatch(message);
});

const PIECES = [
  ...'aZ9 \t"\\/:-=().*+[]{}|^$<>é日',
  '\u202e',
  '\u200b',
  '\ud83d',
  '🙂',
  '\0',
  '\n',
  '\\/',
  '\\"',
  '--',
  '->',
].concat(
  KEY_NAMES.map((key) => `${key}:`),
  ['"two words"', 're:/x+/', 'C-1', 'high', '2026-11-01', '7d'],
);

test('whatever is typed: it is read without failing, and what was understood is written as it reads', () => {
  const random = dice(3);
  let understood = 0;
  for (let round = 0; round < 4_000; round += 1) {
    const line = Array.from({ length: random(12) }, () => PIECES[random(PIECES.length)] ?? '').join('');
    const tokens = tokensOf(line);
    // Every character stands in one token or is white space.
    let at = 0;
    for (const token of tokens) {
      expect(line.slice(at, token.at).trim()).toBe('');
      expect(token.end).toBeGreaterThan(token.at);
      at = token.end;
    }
    expect(line.slice(at).trim()).toBe('');
    const { terms, problems } = readQuery(line);
    expect(terms.length + problems.length).toBe(tokens.length);
    for (const problem of problems) expect(problem.at).toBeLessThanOrEqual(line.length);
    expect(readQuery(writeQuery(terms))).toEqual({ terms, problems: [] });
    expect(termsSchema.parse(terms)).toEqual(terms);
    understood += terms.length;
  }
  expect(understood).toBeGreaterThan(2_000);
});

test('any value of any text, written, is read back as it was', () => {
  const random = dice(4);
  for (let round = 0; round < 4_000; round += 1) {
    const value = Array.from({ length: 1 + random(8) }, () => PIECES[random(PIECES.length)] ?? '').join('');
    const parsed = termsSchema.safeParse([
      {
        key: (['text', 'model', 're', 'tenant', 'call'] as const)[random(5)],
        value,
        negated: random(2) === 0,
      },
    ]);
    if (parsed.success)
      expect(readQuery(writeQuery(parsed.data))).toEqual({ terms: parsed.data, problems: [] });
  }
});
