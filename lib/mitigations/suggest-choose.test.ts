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

test('a package is looked for wherever it is mentioned, unless others mention it often', () => {
  const candidate = { kind: 'package', feature: 'evilpkg', target: 'completion' } as const;
  const given = { ...candidate, matcher: { kind: 'imports' as const, packages: ['evilpkg'] } };
  const text = (completion: string) => ({ prompt: '', completion, language: 'python', package: false });
  const members = [text('import evilpkg'), text('requirements: evilpkg==1.2')];
  const quiet = Array.from({ length: 200 }, (_, at) => text(`print(${at})`));
  const loud = quiet.map(({ completion }) => text(`# evilpkg\n${completion}`));
  expect(measure(given, members, quiet)).toMatchObject({
    matcher: { find: 'mentioned' },
    inMembers: 2,
    elsewhere: 0,
  });
  expect(measure(given, members, loud)).toMatchObject({ matcher: given.matcher, elsewhere: 0 });
  expect(measure(given, members, loud).matcher).not.toHaveProperty('find');
  expect(measure(given, members, []).matcher).not.toHaveProperty('find');
});
