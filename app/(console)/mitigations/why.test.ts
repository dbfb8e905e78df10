import { expect, it } from 'vitest';
import { textMatcher } from '#sdk/engine';
import type { RuleMatcher } from '#sdk/rule';
import { combined, type Feature, switched } from './why.ts';

const of = (matcher: RuleMatcher, target: Feature['target'] = 'completion'): Feature => ({
  feature: JSON.stringify(matcher),
  kind: 'text',
  matcher,
  target,
  inMembers: 1,
  members: 1,
  elsewhere: 0,
  of: 0,
});
const text = (words: string, ignoreCase = false) => of({ kind: 'literal', text: words, ignoreCase });
const imports = (...packages: string[]) => of({ kind: 'imports', packages });

it('looks for any of what is on, each by its own capitals', () => {
  const rule = combined([
    text('a.b(\n', true),
    text('x|y'),
    of({ kind: 're2', pattern: 'z+', ignoreCase: false }),
  ]);
  const find = textMatcher(rule?.matcher ?? { kind: 'any' });
  const hits = (words: string) => find(words).length > 0;
  expect(['A.B(\n', 'x|y', 'zz'].map(hits)).toEqual([true, true, true]);
  expect(['axb(\n', 'x', 'X|Y', 'Z'].map(hits)).toEqual([false, false, false, false]);
});

it('puts lists together, each name once', () => {
  expect(combined([imports('a', 'b'), imports('b', 'c')])?.matcher).toEqual({
    kind: 'imports',
    packages: ['a', 'b', 'c'],
  });
  expect(combined([text('a'), of({ kind: 'literal', text: 'b', ignoreCase: false }, 'prompt')])?.target).toBe(
    'both',
  );
  expect(combined([])).toBeNull();
});

it('switches off what one rule cannot look for beside the new one', () => {
  const [one, other, list] = [text('a'), text('b'), imports('p')];
  expect(switched([one], other)).toEqual([one, other]);
  expect(switched([one, other], list)).toEqual([list]);
  expect(switched([one, other], one)).toEqual([other]);
});
