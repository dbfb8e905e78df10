import { describe, expect, it } from 'vitest';
import type { RuleMatcher } from '#sdk/rule';
import { chooseFind } from './choose-find.ts';
import { formFrom, matcherOf, refilled } from './rule-form.ts';
import { waysOf } from './use-draft.ts';

describe('where packages are looked for, by the harmless that mention them', () => {
  it.each([
    [0, 1, 'mentioned', '0 of 1 harmless interaction mention'],
    [0, 4_000, 'mentioned', '0 of 4,000 harmless interactions mention'],
    [1, 100, 'mentioned', '1 of 100 harmless interactions mentions'],
    [10, 1_000, 'mentioned', '10 of 1,000 harmless interactions mention'],
    [7, 1_000, 'mentioned', '7 of 1,000 harmless interactions mention'],
    [11, 1_000, 'imported', '11 of 1,000 harmless interactions mention'],
    [1, 99, 'imported', '1 of 99 harmless interactions mentions'],
    [1, 2, 'imported', '1 of 2 harmless interactions mentions'],
    [5, 5, 'imported', '5 of 5 harmless interactions mention'],
  ])('%d of %d: %s', (hits, total, find, words) => {
    const choice = chooseFind({ hits, total }, false);
    expect(choice.find).toBe(find);
    expect(choice.why).toContain(`${words} them`);
    expect(choice.why).toContain(find === 'mentioned' ? 'any mention' : 'imports and installs only');
  });

  it('decides nothing where there is no harmless traffic', () => {
    expect(chooseFind({ hits: 0, total: 0 }, false)).toMatchObject({
      find: null,
      why: expect.stringContaining('No harmless traffic'),
    });
  });

  it.each([
    [0, 0],
    [0, 500],
    [500, 500],
  ])('keeps what a person chose, also at %d of %d', (hits, total) => {
    expect(chooseFind({ hits, total }, true)).toMatchObject({
      find: null,
      why: expect.stringContaining('Your choice'),
    });
  });
});

const list = (count: number) => Array.from({ length: count }, (_, index) => `acme-${index}`);
const draftOf = (matcher: RuleMatcher) => ({ scope: {}, matcher, target: 'completion' as const, when: null });

describe('the ways that are tried', () => {
  it.each([undefined, 'mentioned'] as const)('both, whichever the rule has now: %s', (find) => {
    const draft = draftOf({
      kind: 'imports',
      packages: ['acme'],
      unversioned: 'pass',
      ...(find && { find }),
    });
    expect(waysOf(draft)).toEqual({
      imported: draftOf({ kind: 'imports', packages: ['acme'], unversioned: 'pass' }),
      mentioned: draftOf({ kind: 'imports', packages: ['acme'], unversioned: 'pass', find: 'mentioned' }),
    });
  });

  it('one for a long list', () => {
    const long = draftOf({ kind: 'imports', packages: list(1_001) });
    expect(waysOf(long)).toEqual({ imported: long, mentioned: null });
    const mentioned = draftOf({ kind: 'imports', packages: list(1_001), find: 'mentioned' });
    expect(waysOf(mentioned)).toEqual({ imported: null, mentioned });
    expect(waysOf(draftOf({ kind: 'imports', packages: list(1_000) })).mentioned).not.toBeNull();
  });

  it('one for what looks for no packages, none for nothing', () => {
    const any = draftOf({ kind: 'any' });
    expect(waysOf(any)).toEqual({ imported: any, mentioned: null });
    expect(waysOf(null)).toEqual({ imported: null, mentioned: null });
  });
});

describe('another suggestion is switched on', () => {
  const matcher: RuleMatcher = { kind: 'imports', packages: ['acme'] };
  const start = { title: 'T', target: 'completion', scope: {}, minutes: '60' } as const;
  const form = formFrom({ ...start, matcher });

  it('and what a person chose stays', () => {
    const chosen = { ...form, find: 'mentioned' as const, findChosen: true };
    const next: RuleMatcher = { kind: 'imports', packages: ['globex'] };
    expect(matcherOf(refilled(chosen, next))).toEqual({ ...next, find: 'mentioned' });
    expect(matcherOf(refilled({ ...chosen, find: 'imported' }, { ...next, find: 'mentioned' }))).toEqual(
      next,
    );
  });

  it('and otherwise looks where it was suggested', () => {
    const next: RuleMatcher = { kind: 'imports', packages: ['globex'], find: 'mentioned' };
    expect(matcherOf(refilled(form, next))).toEqual(next);
  });
});
