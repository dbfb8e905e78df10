import { expect, test } from 'vitest';
import { type Measured, rank, shownOf } from './suggest-choose.ts';

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

test('a named package is the rule although other clusters import it too, unless half the code does', () => {
  expect(kinds(rank([measured('text', 0), measured('package', 12)]))).toEqual(['package', 'text']);
  expect(kinds(rank([measured('text', 0), measured('package', 50)]))).toEqual(['text', 'package']);
});
