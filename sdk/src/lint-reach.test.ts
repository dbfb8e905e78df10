import { describe, expect, test } from 'vitest';
import { costOf } from './cost.ts';
import { HARMLESS } from './harmless.ts';
import { lintRule } from './lint.ts';
import { LIMITS, type Rule } from './rule.ts';
import { openEnvelope } from './snapshot.ts';
import { makeSigner, seal } from './testing/feed.ts';
import { makeSnapshot, ruleFor } from './testing/rules.ts';

const broad = (pattern: string) => ruleFor({ kind: 're2', pattern, ignoreCase: false }, HARMLESS[0] ?? '');

test.each(['.', '[\\s\\S]', '\\w+', '[a-z]{2}', '(?s).+', ' '])(
  '%s hits what is plainly harmless and is refused',
  (pattern) => {
    expect(lintRule(broad(pattern)).join(' ')).toMatch(/plainly harmless/);
  },
);

test.each(['eval\\(', 'SELECT [^;]*" \\+', 'password', 'https?://[a-z]+\\.example', 'import os'])(
  '%s is not',
  (pattern) => {
    expect(lintRule(broad(pattern))).toEqual([]);
  },
);

test('a literal and a phrase are asked the same; the kind any is meant to hit everything', () => {
  expect(lintRule(ruleFor({ kind: 'literal', text: 'e', ignoreCase: true }, 'e'))).not.toEqual([]);
  expect(lintRule(ruleFor({ kind: 'phrases', phrases: ['a'] }, 'a'))).not.toEqual([]);
  expect(lintRule(ruleFor({ kind: 'any' }, 'x'))).toEqual([]);
});

test('an instance refuses it too, whoever signed it', () => {
  const signer = makeSigner();
  const envelope = seal(makeSnapshot(1, [broad('.')]), signer);
  expect(() => openEnvelope(envelope, [signer.publicKey])).toThrow(/plainly harmless/);
});

describe('what rules cost', () => {
  const dear = '[a-z]{1000}[0-9]{1000}[a-z]{1000}[0-9]{1000}[a-z]{400}';
  const sample = `${'a'.repeat(1_000)}${'1'.repeat(1_000)}`.repeat(2) + 'a'.repeat(400);
  const rule = (pattern: string, text: string) => ruleFor({ kind: 're2', pattern, ignoreCase: false }, text);
  const load = (rules: Rule[]) => {
    const signer = makeSigner();
    openEnvelope(seal(makeSnapshot(1, rules), signer), [signer.publicKey]);
  };

  test('a pattern that is dear on every text is refused by lint and by an instance; behind a string it is not', () => {
    expect(costOf(rule(dear, sample)).units).toBeGreaterThan(LIMITS.costUnits);
    expect(lintRule(rule(dear, sample)).join(' ')).toMatch(/costs 110 units; the limit is 100/);
    expect(() => load([rule(dear, sample)])).toThrow(/costs 110 units/);
    expect(lintRule(rule(`evil${dear}`, `evil${sample}`))).toEqual([]);
    expect(() => load([rule(`evil${dear}`, `evil${sample}`)])).not.toThrow();
  });

  test('what is well each by itself is refused where together it takes too much memory', () => {
    const large = Array.from({ length: 180 }, (_, at) => rule(`evil${at}x${dear}`, `evil${at}x${sample}`));
    expect(() => load(large.slice(0, 100))).not.toThrow();
    expect(() => load(large)).toThrow(/RE2 instructions; the limit is 750000/);
  });

  test('and where together it takes too much time', () => {
    const open = Array.from({ length: 900 }, (_, at) => {
      const [letters, digits] = [2 + (at % 30), 2 + Math.floor(at / 30)];
      return rule(
        `[0-9]{2}[a-z]{${letters}}[0-9]{${digits}}`,
        `11${'a'.repeat(letters)}${'1'.repeat(digits)}`,
      );
    });
    expect(() => load(open.slice(0, 800))).not.toThrow();
    expect(() => load(open)).toThrow(/cost 27000 units; the limit is 25000/);
  });
});
