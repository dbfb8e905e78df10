import { expect, it } from 'vitest';
import { scopeSchema } from '#lib/mitigations/schema';
import { fieldErrors } from '#lib/parse';
import { fieldError, inScopeWords, unseenWords, withName } from './scope-words.ts';

it.each([
  [0, 0, /^No interaction came in/],
  [0, 400, /^0 of 400 interactions of the last day are in scope\.$/],
  [1, 400, /^1 of 400 interactions of the last day is in scope\.$/],
  [1, 1, /^1 of 1 interaction of the last day is in scope\.$/],
  [1_200, 50_000, /^1,200 of the newest 50,000 interactions of the last day are in scope\.$/],
])('%d of %d', (inScope, total, words) => {
  expect(inScopeWords({ inScope, total })).toMatch(words);
});

it('names what nothing came with', () => {
  const seen = { field: 'models' as const, names: [], more: 0 };
  expect(unseenWords({ ...seen, unseen: [] })).toBeNull();
  expect(unseenWords({ ...seen, unseen: ['gone', 'away'] })).toBe(
    'No traffic of the last day had the model “gone” or “away”.',
  );
});

it('takes a name in and keeps the others', () => {
  const scope = {
    models: ['a'],
    versions: [],
    tenants: [],
    tiers: [],
    languages: ['go'],
    surfaces: [],
    features: [],
  };
  expect(withName(scope, 'models', 'A')).toEqual({ ...scope, models: ['a', 'A'] });
});

it.each(['models', 'versions', 'tenants', 'tiers', 'languages', 'features'] as const)(
  'shows beside the field what the server says of a blank name: %s',
  (field) => {
    const { error } = scopeSchema.safeParse({ [field]: ['fine', '  '] });
    const errors = Object.fromEntries(
      Object.entries(error ? fieldErrors(error) : {}).map(([path, why]) => [`scope.${path}`, why]),
    );
    expect(fieldError(errors, `scope.${field}`)).toBe('must not be blank');
    expect(fieldError(errors, 'scope.surfaces')).toBeUndefined();
  },
);

it('takes no field for another whose name begins like it', () => {
  expect(fieldError({ 'scope.modelsets': 'no', 'scope.models.1': 'blank' }, 'scope.models')).toBe('blank');
  expect(fieldError({ 'scope.modelsets': 'no' }, 'scope.models')).toBeUndefined();
  expect(fieldError({ 'scope.models': 'all', 'scope.models.1': 'blank' }, 'scope.models')).toBe('all');
});
