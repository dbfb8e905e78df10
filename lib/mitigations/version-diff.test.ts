import { expect, test } from 'vitest';
import { contentChanges, fieldWords } from './version-diff.ts';

const content = {
  title: 'One',
  scope: { languages: ['python'] },
  matcher: { kind: 'literal', text: 'a', ignoreCase: false } as object,
  when: null as string | null,
  plan: { canaryInstances: 10, canarySeconds: 60 },
};

test('nothing differs from itself', () =>
  expect(contentChanges(content, structuredClone(content))).toEqual([]));

test.each([
  [{ title: 'Two' }, [{ field: 'title', was: 'One', now: 'Two' }]],
  [{ when: 'tier == "x"' }, [{ field: 'when', was: '', now: 'tier == "x"' }]],
  [{ scope: {} }, [{ field: 'scope.languages', was: 'python', now: '' }]],
  [{ scope: { languages: ['go', 'python'] } }, [{ field: 'scope.languages', was: '', now: 'go' }]],
  [
    { scope: { languages: ['python'], tenants: ['acme'] } },
    [{ field: 'scope.tenants', was: '', now: 'acme' }],
  ],
  [
    { plan: { canaryInstances: 18.8, canarySeconds: 60 } },
    [{ field: 'plan.canaryInstances', was: '10', now: '18.8' }],
  ],
  [
    { matcher: { kind: 'imports', packages: ['left-pad', { name: 'right', versions: '1' }] } },
    [
      { field: 'matcher.kind', was: 'literal', now: 'imports' },
      { field: 'matcher.text', was: 'a', now: '' },
      { field: 'matcher.ignoreCase', was: 'false', now: '' },
      { field: 'matcher.packages', was: '', now: 'left-pad and right 1' },
    ],
  ],
])('%j', (change, changes) => {
  expect(contentChanges(content, { ...content, ...change })).toEqual(changes);
});

test('of a list of a hundred thousand names what left and what came, and no more than can be read', () => {
  const names = Array.from({ length: 100_000 }, (_, index) => `name-${index}`);
  const packages = (list: string[]) => ({ matcher: { kind: 'imports', packages: list } });
  expect(contentChanges(packages(names), packages(names.slice(1)))).toEqual([
    { field: 'matcher.packages', was: 'name-0', now: '' },
  ]);
  const [change] = contentChanges(packages([]), packages(names));
  expect(change?.now).toMatch(/^name-0, .* and 99,981 more$/);
  expect(contentChanges(packages(['a', 'b']), packages(['b', 'a']))).toMatchObject([
    { now: 'another order' },
  ]);
});

test.each([
  ['title', 'title'],
  ['matcher.packages', 'packages'],
  ['plan.canaryInstances', 'canary instances'],
  ['fail.onError', 'fail on error'],
  ['tests.sha256', 'tests'],
])('%s is called %s', (field, words) => expect(fieldWords(field)).toBe(words));
