import { expect, test } from 'vitest';
import { explainMatcher, explainPattern, listWords, ruleSentence, scopeWords } from './explain.ts';

test.each([
  [String.raw`pickle\.loads\(`, '“pickle.loads(”'],
  [
    String.raw`execute\("SELECT [^"]*" \+`,
    '“execute("SELECT ”, then any number of: a character other than ", then “" +”',
  ],
  [
    String.raw`\beval\d{2,4}\s+x?`,
    'a word edge, then “eval”, then 2 to 4 times a digit, then one or more: white space, then perhaps “x”',
  ],
  ['^a.+$', 'the beginning, then “a”, then one or more: any character of the line, then the end'],
  ['(?:foo|bar)baz', 'a match of “(?:foo|bar)baz”'],
  [String.raw`\pL+`, String.raw`a match of “\pL+”`],
  ['[]a]b', 'one of ]a, then “b”'],
])('says what %s looks for', (pattern, words) => {
  expect(explainPattern(pattern)).toBe(words);
});

test('says the whole rule as a sentence', () => {
  expect(
    ruleSentence({
      scope: { languages: ['python', 'go'], surfaces: ['chat'], labels: { region: 'eu' } },
      target: 'completion',
      matcher: { kind: 'imports', packages: ['evil-pkg'] },
      when: 'tier == "free"',
      action: 'block',
      mode: 'enforce',
    }),
  ).toBe(
    'When the completion imports or installs “evil-pkg”, in python or go, on chat, on instances with region=eu, only when tier == "free": block it.',
  );
  expect(
    ruleSentence({
      scope: {},
      target: 'both',
      matcher: { kind: 'literal', text: 'x', ignoreCase: true },
      when: null,
      action: 'redact',
      mode: 'shadow',
    }),
  ).toBe(
    'When the prompt or the completion contains “x”, in capitals or not, everywhere: count it, as if to remove the match.',
  );
  expect(scopeWords({ models: [], tenants: ['a', 'b', 'c', 'd'] })).toBe('for tenant a, b or 2 more');
  expect(explainMatcher({ kind: 're2', pattern: 'a', ignoreCase: true })).toBe(
    'contains “a”, in capitals or not',
  );
  expect(listWords([])).toBe('');
});

test('says how packages are looked for, and in which versions', () => {
  const versioned = { name: 'evil', ecosystem: 'npm', versions: '1.2.3' } as const;
  expect(explainMatcher({ kind: 'imports', find: 'mentioned', packages: ['evil'] })).toBe('mentions “evil”');
  expect(explainMatcher({ kind: 'imports', packages: [versioned] })).toBe(
    'imports or installs “evil 1.2.3 (npm)” (with or without a version)',
  );
  expect(
    explainMatcher({ kind: 'imports', find: 'mentioned', packages: [versioned], unversioned: 'pass' }),
  ).toBe('mentions “evil 1.2.3 (npm)” (never without a version)');
});
