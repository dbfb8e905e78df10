import { describe, expect, it } from 'vitest';
import { LIMITS, ruleMatcherSchema } from '#sdk/rule';
import { countsOf, itemsOf, listText, merged, readingOf } from './merge.ts';
import { readPackageList } from './read.ts';

describe('what comes out of it', () => {
  it('is one entry per package with all its versions, and every version where an entry names none', () => {
    const list = readPackageList('a-b@1.0.0\na-b@1.0.1\na-b@1.0.1\nnpm:a-b@2\nc-d@1\nc-d\n');
    const packages = merged(list);
    expect(packages.map(({ name, ecosystem, versions }) => [name, ecosystem, versions])).toEqual([
      ['a-b', null, ['1.0.0', '1.0.1']],
      ['a-b', 'npm', ['2']],
      ['c-d', null, null],
    ]);
    expect(countsOf(list, packages)).toEqual({
      entries: 6,
      packages: 3,
      repeated: 3,
      withVersions: 2,
      notUnderstood: 0,
    });
  });

  const many = Array.from({ length: 100_000 }, (_, at) => `pkg-${at}`);
  it.each([
    ['lines', many.join('\n')],
    ['one line', many.join(', ')],
    ['JSON', JSON.stringify(many.map((name) => ({ name, version: '1.0.0' })))],
    ['CSV', `package,version\n${many.map((name) => `${name},1.0.0`).join('\n')}`],
  ])('reads a hundred thousand names in %s', (_, text) => {
    expect(readPackageList(text).rows).toHaveLength(100_000);
  });

  it.each([
    ['commas', ','.repeat(200_000)],
    ['blanks', `${' '.repeat(200_000)}two words`],
    ['brackets', '['.repeat(200_000)],
    ['braces', '{"a":'.repeat(50_000)],
    ['quotes', `package,x\n${'"'.repeat(200_001)}`],
    ['one long word', 'a'.repeat(1_000_000)],
    ['dots', `a${'[.]'.repeat(100_000)}`],
    ['strokes', `|${'-|'.repeat(100_000)}`],
    ['bullets', '- '.repeat(100_000)],
    ['comparators', `a ${'>='.repeat(100_000)}`],
    ['commas and words', `two words${','.repeat(200_000)}x`],
  ])('ends on %s, and names nothing', (_, text) => {
    expect(readPackageList(text).rows).toEqual([]);
  });
});

describe('a rule made of a list', () => {
  it('leaves out what no registry can have, and says so in its line', () => {
    const reading = readingOf('ok\n\ncomposer:no-vendor\ncargo:with.dot 1.0\n');
    expect(reading.packages.map(({ name }) => name)).toEqual(['ok']);
    expect(reading.notUnderstood.map(({ line }) => line)).toEqual([3, 4]);
    expect(reading.counts).toMatchObject({ entries: 1, packages: 1, repeated: 0, notUnderstood: 2 });
  });

  it('keeps names, ecosystems and versions, and reads back as the same', () => {
    const text =
      'plain\n@acme/q 1.0.0 || 1.0.1\nnpm:quill\nmaven:org.acme:quill >=1.0 <2.0\norg.acme:loader\ngolang:github.com/acme/q v1.0.0\n';
    const items = itemsOf(readingOf(text).packages);
    expect(items).toEqual([
      'plain',
      { name: '@acme/q', versions: '1.0.0 || 1.0.1' },
      { name: 'quill', ecosystem: 'npm' },
      { name: 'org.acme:quill', ecosystem: 'maven', versions: '>=1.0 <2.0' },
      { name: 'org.acme:loader', ecosystem: 'maven' },
      { name: 'github.com/acme/q', ecosystem: 'golang', versions: 'v1.0.0' },
    ]);
    expect(itemsOf(readingOf(listText(items)).packages)).toEqual(items);
  });

  it('keeps every one of many versions, in entries as long as a rule takes', () => {
    const versions = Array.from({ length: 300 }, (_, at) => `1.0.${at}`);
    const items = itemsOf([{ name: 'quill', ecosystem: 'npm', versions }]);
    expect(items.length).toBeGreaterThan(1);
    const ranges = items.map((item) => (typeof item === 'string' ? '' : (item.versions ?? '')));
    expect(ranges.flatMap((range) => range.split(' || '))).toEqual(versions);
    expect(Math.max(...ranges.map(({ length }) => length))).toBeLessThanOrEqual(LIMITS.packageVersions);
    expect(ruleMatcherSchema.safeParse({ kind: 'imports', packages: items }).success).toBe(true);
    expect(itemsOf(readingOf(listText(items)).packages)).toEqual(items);
  });
});
