import { expect, test } from 'vitest';
import { type Measured, measure, rank, shownOf } from './suggest-choose.ts';

function measured(kind: Measured['kind'], elsewhere: number, inMembers = 10): Measured {
  return {
    kind,
    feature: `a ${kind}`,
    matcher: { kind: 'literal', text: kind, ignoreCase: false },
    target: 'completion',
    inMembers,
    members: 10,
    elsewhere,
    of: 100,
  };
}

const kinds = (list: Measured[]) => list.map(({ kind }) => kind);

test('what all members have comes before what some have, what is rare elsewhere before what is not', () => {
  const some = measured('host', 0, 9);
  const common = measured('phrase', 30);
  const rare = measured('text', 1);
  expect(rank([some, common, rare])).toEqual([rare, common, some]);
  expect(shownOf(rank([some, common, rare]))).toEqual([rare, some]);
});

test('the same package in other clusters speaks for the rule, in code that nobody flagged against it', () => {
  const candidate = { kind: 'package', feature: 'evilpkg', target: 'completion' } as const;
  const matcher = { kind: 'imports', packages: ['evilpkg'] } as const;
  const text = { prompt: '', completion: 'import evilpkg', language: 'python' };
  const given = { ...candidate, matcher: { ...matcher, packages: [...matcher.packages] } };
  const flagged = measure(given, [text], [{ ...text, package: true }]);
  expect(flagged).toMatchObject({ inMembers: 1, elsewhere: 0, of: 0 });
  expect(measure(given, [text], [{ ...text, package: false }])).toMatchObject({ elsewhere: 1, of: 1 });
  expect(kinds(rank([measured('text', 0), flagged]))).toEqual(['package', 'text']);
});
