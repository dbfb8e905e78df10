import { expect, test } from 'vitest';
import { type RuleScope, SURFACES } from '#sdk/rule';
import { narrows, whyNotNarrow, withoutEmpty } from './narrow.ts';
import { draftMitigationSchema, editBodySchema, scopeSchema } from './schema.ts';

const EMPTY = {
  models: [],
  versions: [],
  tenants: [],
  tiers: [],
  languages: [],
  surfaces: [],
  features: [],
  labels: {},
} satisfies Required<RuleScope>;
const NAMES = Object.keys(EMPTY) as (keyof RuleScope)[];
const names = (count: number) => Array.from({ length: count }, (_, at) => `n-${at}`);

test('every empty list or object narrows nothing, alone or beside what does', () => {
  const base: RuleScope[] = [{}, { models: ['coder'] }, { features: ['chat'] }, { tenants: ['acme'] }];
  for (const scope of base) {
    for (let bits = 0; bits < 2 ** NAMES.length; bits++) {
      const empties = Object.fromEntries(
        NAMES.filter((_, at) => bits & (1 << at)).map((name) => [name, EMPTY[name]]),
      );
      const spelled = { ...empties, ...scope };
      expect(narrows(spelled)).toEqual(narrows(scope));
      expect(whyNotNarrow(spelled, null)).toBe(whyNotNarrow(scope, null));
      expect(withoutEmpty(spelled)).toEqual(scope);
      expect(scopeSchema.parse(spelled)).toEqual(scope);
    }
  }
});

test('the drafts fold them away, also an edit and a list of one name twice', () => {
  const scope = { models: ['coder', 'coder'], labels: {}, tenants: [] };
  const draft = draftMitigationSchema.parse({
    incident: 'INC-1',
    title: 'x',
    scope,
    matcher: { kind: 'any' },
    target: 'both',
    action: 'flag',
    mode: 'shadow',
    expiresInMinutes: 5,
  });
  expect(draft.scope).toEqual({ models: ['coder'] });
  expect(editBodySchema.parse({ version: 1, scope }).scope).toEqual({ models: ['coder'] });
});

test('all surfaces leave out nobody', () => {
  expect(narrows({ surfaces: [...SURFACES] })).toEqual([]);
  expect(narrows({ surfaces: ['chat', 'chat'] })).toEqual(['surfaces']);
});

test.each<[RuleScope, boolean]>([
  [{}, false],
  [{ models: ['coder'] }, false],
  [{ languages: ['go'] }, false],
  [{ labels: { region: 'eu' } }, false],
  [{ models: ['coder'], labels: { region: 'eu' } }, true],
  [{ models: ['coder'], languages: ['go'] }, true],
  [{ features: ['chat'], surfaces: ['chat'] }, true],
  [{ features: ['chat'], surfaces: [...SURFACES] }, false],
  [{ models: ['coder'], versions: ['7'] }, true],
  [{ tenants: ['acme'] }, true],
  [{ tenants: names(10) }, true],
  [{ tenants: names(11) }, false],
  [{ tenants: names(100), languages: ['go'] }, false],
  [{ models: ['coder'], languages: names(11) }, false],
  [{ models: ['coder'], tiers: ['free'] }, false],
  [{ models: ['coder'], tiers: ['free', 'team', 'business'] }, false],
])('where no traffic tells, kinds decide: %j', (scope, isNarrow) => {
  for (const few of [null, { inScope: 0, total: 0 }, { inScope: 0, total: 19 }]) {
    const none = { inScope: 0, total: 0 };
    const traffic = few && { ...few, control: none, instances: none };
    expect(whyNotNarrow(scope, traffic) === null).toBe(isNarrow);
  }
});

test.each<[RuleScope, number, boolean]>([
  [{ tenants: ['acme'] }, 0.01, true],
  [{ tenants: ['acme'] }, 0.5, true],
  [{ tenants: ['acme'] }, 0.51, false],
  [{ tenants: names(100) }, 0.9, false],
  [{ tenants: names(100) }, 0.02, true],
  [{ models: ['coder'], tiers: ['free', 'team', 'business'] }, 1, false],
  [{ models: ['coder'], tiers: ['business'] }, 0.2, true],
  [{ models: ['coder'], languages: names(200) }, 1, false],
  // Of labels and features the traffic says nothing: it is taken for all of it.
  [{ models: ['coder'], labels: { region: 'eu' } }, 1, false],
  [{ models: ['coder'], labels: { region: 'eu' } }, 0.5, true],
  [{ tenants: names(100), features: ['chat'] }, 1, false],
  [{ features: ['chat'], languages: ['python'] }, 0.9, false],
  // A model alone is none, however rare.
  [{ models: ['coder'] }, 0.01, false],
])('the share of the traffic decides: %j with %d', (scope, share, isNarrow) => {
  const told = { inScope: share * 1_000, total: 1_000 };
  const rare = { inScope: 0, total: 1_000 };
  const untold = { inScope: 0, total: 0 };
  for (const traffic of [
    { ...told, control: untold },
    { ...told, control: told },
    { ...rare, control: told },
    { ...told, control: rare },
  ]) {
    expect(whyNotNarrow(scope, { ...traffic, instances: untold }) === null).toBe(isNarrow);
  }
});

test.each<[RuleScope, number, number, boolean]>([
  [{ models: ['coder'], labels: { region: 'eu' } }, 12, 12, false],
  [{ models: ['coder'], labels: { region: 'eu' } }, 1, 1, false],
  [{ models: ['coder'], labels: { region: 'eu' } }, 7, 12, false],
  [{ models: ['coder'], labels: { region: 'eu' } }, 6, 12, true],
  [{ models: ['coder'], labels: { region: 'eu' } }, 0, 0, true],
  // What else narrows still does.
  [{ tenants: ['acme'], labels: { region: 'eu' } }, 12, 12, true],
])('labels of most instances leave out nobody: %j on %d of %d', (scope, inScope, total, isNarrow) => {
  const none = { inScope: 0, total: 0 };
  const told = { inScope: 0, total: 1_000 };
  const all = { inScope: 1_000, total: 1_000 };
  const instances = { inScope, total };
  for (const of of [none, told]) {
    expect(whyNotNarrow(scope, { ...of, control: none, instances }) === null).toBe(isNarrow);
  }
  // All traffic of a few instances is a part of it.
  const isOfFew = total > 0 && inScope * 2 <= total;
  expect(whyNotNarrow(scope, { ...all, control: all, instances }) === null).toBe(isOfFew);
});
