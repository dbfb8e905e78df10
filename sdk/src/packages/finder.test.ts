import { expect, test } from 'vitest';
import { compileRule } from '../rule-cache.ts';
import { makeRule } from '../testing/rules.ts';
import { packageFinder } from './finder.ts';

test('one list is read once, whoever asks for it: lint, compiling, vectors and who shows what it hits', () => {
  const rule = makeRule({ matcher: { kind: 'imports', packages: ['left-pad'], find: 'mentioned' } });
  const { matcher } = rule;
  if (matcher.kind !== 'imports') throw new Error('It is a list.');
  const finder = packageFinder(matcher);
  expect(packageFinder(matcher)).toBe(finder);
  expect(compileRule(rule).packages).toBe(finder);
  expect(packageFinder({ ...matcher })).not.toBe(finder);
});
