import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { foldCase } from './fold.ts';
import { maxMatchLength, requiredLiterals } from './pattern.ts';
import { FOLD_KNOWN, readProgram, readsNothing } from './program.ts';
import type { RuleMatcher } from './rule.ts';
import { randomFrom, randomPattern, randomText } from './testing/patterns.ts';

const re2 = (pattern: string, ignoreCase = false): RuleMatcher => ({ kind: 're2', pattern, ignoreCase });

describe('what a pattern requires', () => {
  test.each([
    ['foo(bar|baz)qux', [['foobarqux', 'foobazqux']]],
    ['(?:foo.*bar|baz.*qux)', [['foo', 'baz']]],
    ['(abc)+def', [['abc'], ['def']]],
    ['(?i)SELECT.+from', [['select'], ['from']]],
    ['\\bAKIA[0-9A-Z]{16}\\b', [['akia']]],
    ['[Kk]ey', [['key']]],
    ['eval\\(|exec\\(', [['eval(', 'exec(']]],
    ['x*', null],
    ['a|.', null],
    ['(abc)?', null],
    ['^$', null],
  ])('%s', (pattern, lists) => {
    expect(requiredLiterals(re2(pattern))).toEqual(lists);
  });

  test.each([
    ['a.{3,5}b', 12],
    ['a+', null],
    ['(?:ab|cde)?f', 4],
    ['^\\bword\\b$', 4],
    ['\\x{1F600}', 2],
    ['(?:x?){3}', 3],
  ])('%s matches at most %s units', (pattern, length) => {
    expect(maxMatchLength(re2(pattern))).toBe(length);
  });

  test('many alternatives and deep nesting are answered, not waited for', () => {
    const many = Array.from(
      { length: 60 },
      (_, at) => `${String.fromCharCode(97 + (at % 26))}${String.fromCharCode(97 + (at % 25))}word`,
    ).join('|');
    expect(requiredLiterals(re2(many))?.[0]).toHaveLength(60);
    const nested = `${'(?:a|b'.repeat(300)}${')'.repeat(300)}`;
    expect(() => requiredLiterals(re2(nested))).not.toThrow();
    expect(requiredLiterals(re2('(?:(?:a|bc){10}){40}x'))).toBeDefined();
  });

  test('other kinds: folded, and half characters are left alone', () => {
    expect(requiredLiterals({ kind: 'literal', text: 'Évil(', ignoreCase: false })).toEqual([['évil(']]);
    expect(requiredLiterals({ kind: 'literal', text: 'abc\ud83d', ignoreCase: false })).toBeNull();
    expect(requiredLiterals({ kind: 'shape', pattern: 'subprocess.Run($A)', language: 'python' })).toEqual([
      ['subprocess'],
      ['run'],
    ]);
    expect(requiredLiterals({ kind: 'any' })).toBeNull();
  });
});

test('letters that re2js takes for one under (?i) are one letter for foldCase, as far as patterns rely on it', () => {
  for (let rune = 0x20; rune <= FOLD_KNOWN; rune++) {
    const letter = String.fromCodePoint(rune);
    const re = RE2JS.compile(`(?i)^${RE2JS.quote(letter)}$`);
    for (let other = 0; other <= 0x2fff; other++) {
      if (other >= 0xd800 && other <= 0xdfff) continue;
      const text = String.fromCodePoint(other);
      if (foldCase(text) !== foldCase(letter) && re.test(text)) throw new Error(`${letter} matches ${text}`);
    }
  }
});

describe('property: nothing that matches lacks what is required or is longer than said', () => {
  test.each([1, 2, 3, 4])('seed %i', (seed) => {
    const random = randomFrom(seed);
    let matches = 0;
    let required = 0;
    let bounded = 0;
    for (let round = 0; round < 4_000; round++) {
      const pattern = randomPattern(random);
      const ignoreCase = random() < 0.4;
      let re: RE2JS;
      try {
        re = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
      } catch {
        continue;
      }
      const lists = requiredLiterals(re2(pattern, ignoreCase));
      const longest = maxMatchLength(re2(pattern, ignoreCase));
      const program = readProgram(pattern, ignoreCase);
      if (lists) required++;
      if (longest !== null) bounded++;
      for (let texts = 0; texts < 12; texts++) {
        const text = randomText(random);
        const matcher = re.matcher(text);
        if (!matcher.find()) continue;
        matches++;
        const folded = foldCase(text);
        const said = `${JSON.stringify(pattern)} ${ignoreCase} on ${JSON.stringify(text)}`;
        for (const list of lists ?? []) {
          if (!list.some((each) => folded.includes(each))) throw new Error(`${said}: none of ${list}`);
        }
        do {
          const length = matcher.end() - matcher.start();
          if (longest !== null && length > longest) throw new Error(`${said}: ${length} > ${longest}`);
          if (length === 0 && program && !readsNothing(program)) throw new Error(`${said}: matches nothing`);
        } while (matcher.find());
      }
    }
    expect(matches).toBeGreaterThan(3_000);
    expect(required).toBeGreaterThan(400);
    expect(bounded).toBeGreaterThan(1_000);
  });
});
