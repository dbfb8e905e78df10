import { expect, it } from 'vitest';
import { LIMITS, ruleMatcherSchema } from '../rule.ts';
import { packageWords } from './entry.ts';

const matcher = (more: object) => ruleMatcherSchema.safeParse({ kind: 'imports', ...more });

it.each([
  [{ packages: ['left-pad'] }],
  [
    {
      packages: ['left-pad', { name: 'PyYAML', ecosystem: 'pypi', versions: '>=5 <5.4' }],
      find: 'mentioned',
    },
  ],
  [{ packages: [{ name: 'org.acme:loader', ecosystem: 'maven' }], find: 'imported', unversioned: 'pass' }],
])('a list of packages may be %j', (more) => {
  expect(matcher(more).success).toBe(true);
});

it.each([
  ['no package', { packages: [] }],
  ['a registry that nobody has', { packages: [{ name: 'a', ecosystem: 'pip' }] }],
  ['a word that is no field', { packages: [{ name: 'a', version: '1' }] }],
  ['another way to find', { packages: ['a'], find: 'anywhere' }],
])('%s is refused', (_, more) => {
  expect(matcher(more).success).toBe(false);
});

it('says where a list is too long, and where its names are', () => {
  const many = Array.from({ length: LIMITS.packages + 1 }, (_, at) => `p${at}`);
  const long = Array.from({ length: 20_000 }, (_, at) => `${'x'.repeat(250)}${at}`);
  const said = (packages: string[]) => matcher({ packages }).error?.issues[0]?.message;
  expect(said(many)).toBe('must be at most 100,000 packages');
  expect(said(long)).toMatch(/^must be at most 4,000,000 characters of names and versions together/);
  expect(said(many.slice(1))).toBeUndefined();
});

it('is written as people read it', () => {
  expect(packageWords('left-pad')).toBe('left-pad');
  expect(packageWords({ name: 'left-pad', ecosystem: 'npm', versions: '1.3.x' })).toBe(
    'left-pad 1.3.x (npm)',
  );
});
