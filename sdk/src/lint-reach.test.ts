import { expect, test } from 'vitest';
import { HARMLESS } from './harmless.ts';
import { lintRule } from './lint.ts';
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
