import { describe, expect, it } from 'vitest';
import type { Ecosystem } from './ecosystems.ts';
import { compareVersions, versionOf } from './version.ts';
import { versionAfter } from './version-after.ts';
import { couldGive, type RangeRole, readRange } from './versions.ts';

const of = (text: string, ecosystem?: Ecosystem) => {
  const version = versionOf(text, ecosystem);
  if (!version) throw new Error(`${text} is no version`);
  return version;
};

describe('versions in order', () => {
  it.each<[Ecosystem | undefined, string]>([
    // https://semver.org/#spec-item-11
    [
      'npm',
      '1.0.0-alpha 1.0.0-alpha.1 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.1.0 2.0.0',
    ],
    // https://peps.python.org/pep-0440/#summary-of-permitted-suffixes-and-relative-ordering
    [
      'pypi',
      '1.dev0 1.0a1 1.0a2 1.0b1 1.0rc1.dev2 1.0rc1 1.0rc1.post1 1.0rc2 1.0 1.0.post1 1.1.dev1 1.1 1!0.1',
    ],
    // https://maven.apache.org/pom.html#version-order-specification
    ['maven', '1-alpha 1-beta 1-milestone-1 1-rc 1-SNAPSHOT 1 1-sp 1.0.1 1.1'],
    ['nuget', '1.0.0-preview 1.0.0 1.0.0.1 1.0.1'],
    ['gem', '1.0.0.alpha 1.0.0.rc1 1.0.0 1.0.0.1'],
    ['golang', 'v1.2.3-0.20200101000000-abcdefabcdef v1.2.3 v1.10.0'],
  ])('%s: %s', (ecosystem, text) => {
    const list = text.split(' ').map((each) => of(each, ecosystem));
    for (const [at, one] of list.entries()) {
      for (const [place, other] of list.entries()) {
        expect(
          Math.sign(compareVersions(one, other)),
          `${text.split(' ')[at]} ${text.split(' ')[place]}`,
        ).toBe(Math.sign(at - place));
      }
    }
  });

  it('takes trailing zeros, a v and build data for nothing', () => {
    expect(compareVersions(of('1.2'), of('v1.2.0+build.5'))).toBe(0);
  });

  it.each(['latest', 'main', '', '*', 'git+https://x.org/a', '1..2', 'one', `1.${'9'.repeat(400)}`])(
    '%j has no order',
    (text) => {
      expect(versionOf(text)).toBeNull();
    },
  );
});

/** range, registry, versions inside, versions outside */
const RANGES: [string, Ecosystem | undefined, string, string][] = [
  ['1.2.3', undefined, '1.2.3 v1.2.3', '1.2.4 1.2.3-rc.1 1.2'],
  ['==1.2', 'pypi', '1.2 1.2.0', '1.2.1 1.2rc1'],
  ['==1.2.*', 'pypi', '1.2 1.2.9 1.2.0rc1', '1.3 1.1.9'],
  ['!=1.3', 'pypi', '1.2 1.4', '1.3 1.3.0'],
  ['~=1.4.2', 'pypi', '1.4.2 1.4.9', '1.4.1 1.5'],
  ['~=1.4', 'pypi', '1.4 1.9', '2.0 1.3'],
  ['>=1.2 <1.4', undefined, '1.2 1.3.9', '1.1 1.4'],
  ['>=1.2,<1.4', 'pypi', '1.2 1.3.9', '1.1 1.4'],
  ['>= 1.2, < 1.4', 'cargo', '1.2.0 1.3.9', '1.1.0 1.4.0'],
  ['^1.2', 'npm', '1.2.0 1.9.9', '1.1.9 2.0.0 2.0.0-rc.1'],
  ['^0.2.3', 'npm', '0.2.3 0.2.9', '0.2.2 0.3.0'],
  ['^0.0.3', 'npm', '0.0.3', '0.0.4'],
  ['~1.2.3', 'npm', '1.2.3 1.2.9', '1.3.0 1.2.2'],
  ['~1', 'npm', '1.0.0 1.9.0', '2.0.0'],
  ['~1.2', 'composer', '1.2.0 1.9.0', '2.0.0'],
  ['~> 1.2', 'gem', '1.2 1.9', '2.0 1.1'],
  ['~> 1.2.3', 'gem', '1.2.3 1.2.9', '1.3'],
  ['1.2.x', 'npm', '1.2.0 1.2.9', '1.3.0'],
  ['1.2', 'npm', '1.2.0 1.2.9', '1.3.0'],
  ['*', 'npm', '0.0.1 9.9.9', ''],
  ['1.2.3 - 1.4', 'npm', '1.2.3 1.3.0 1.4.0', '1.2.2 1.5.0'],
  ['^1.2 || ^3', 'npm', '1.2.0 3.5.0', '2.0.0 4.0.0'],
  ['1.0.1 || 1.0.2', 'npm', '1.0.1 1.0.2', '1.0.3'],
  ['1.0.1, 1.0.2', undefined, '1.0.1 1.0.2', '1.0.0 1.0.3'],
  ['==1.0.1, ==1.0.2', 'pypi', '1.0.1 1.0.2', '1.0.0'],
  ['1.0.1 1.0.2', undefined, '1.0.1 1.0.2', '1.0.3'],
  ['>=1.0, <1.2, 1.5.1', undefined, '1.1 1.5.1', '1.2 1.5'],
  ['[1.0,2.0)', 'maven', '1.0 1.9 2.0-rc1', '2.0 0.9'],
  ['(,1.4]', 'nuget', '0.1 1.4', '1.4.1'],
  ['[1.2]', 'maven', '1.2', '1.2.1'],
  ['[1.0,1.1],[1.3,)', 'maven', '1.0 1.1 1.3 9', '1.2'],
  ['<1.4', 'npm', '1.3.9 1.4.0-rc.1', '1.4.0'],
  ['<= 5.6.1', 'npm', '5.6.1 5.6.0', '5.6.2'],
];

describe('ranges', () => {
  it.each(RANGES)('%s (%s) takes in %s and not %s', (range, ecosystem, inside, outside) => {
    const bad = readRange(range, ecosystem);
    if (!bad) throw new Error(`${range} is no range`);
    const meets = (version: string) => couldGive(bad, version, ecosystem, 'pinned');
    for (const version of inside.split(' ')) expect(meets(version), version).toBe(true);
    for (const version of outside === '' ? [] : outside.split(' '))
      expect(meets(version), version).toBe(false);
  });

  it.each(['', 'latest', '>=', '1.2 || ', 'a.b', '[1.0', 'git+https://x.org/a.git#v1', '>=1 <two'])(
    '%j is none',
    (text) => {
      expect(readRange(text)).toBeNull();
    },
  );

  it('takes linear time on hostile text', () => {
    for (const piece of ['1.', '||', '>=1 ', '[', '(,', '1,', ' - ', '1-', '^~']) {
      expect(readRange(piece.repeat(100_000))).toBeNull();
      readRange(piece.repeat(600 / piece.length));
    }
  });
});

/** versions that are meant, what stands in the text, registry, whether it could give one */
const REQUIRED: [string, string, Ecosystem | undefined, RangeRole, boolean | null][] = [
  ['5.6.1', '^5.6.0', 'npm', 'required', true],
  ['5.6.1', '^5.6.2', 'npm', 'required', false],
  ['5.6.1', '5.6.1', 'npm', 'required', true],
  ['5.6.1', '5', 'npm', 'required', true],
  ['5.6.1', '5.6', undefined, 'required', true],
  ['5.6.1', '*', 'npm', 'required', true],
  ['1.0.150', '1.0.100', 'cargo', 'required', true],
  ['1.0.150', '1.0.100', 'cargo', 'pinned', false],
  ['1.0.150', '=1.0.100', 'cargo', 'required', false],
  ['>=1.2 <1.4', '>=1.4', 'pypi', 'required', false],
  ['>=1.2 <1.4', '>1.0,<=1.2', 'pypi', 'required', true],
  ['>=1.2 <1.4', '>1.0,<1.2', 'pypi', 'required', false],
  ['1.2.3', 'latest', 'npm', 'required', null],
  ['5.6.1', '=5.6', 'conda', 'required', true],
  ['5.6.1', '=5', 'conda', 'required', true],
  ['5.6.1', '=5.7', 'conda', 'required', false],
  ['5.6.1', '==5.6', 'conda', 'required', false],
  ['5.6.1', '==5.6', 'pypi', 'required', false],
  ['5.6.10', '=5.6.1', 'conda', 'required', false],
  ['5.6.1', '~=5.6', 'pypi', 'required', true],
  ['5.6.1', '~=5.7', 'pypi', 'required', false],
  ['5.6.1', '=5.6', 'npm', 'required', true],
  ['5.6.1', '=5.6', 'cargo', 'required', true],
  ['5.6.1', '=5.6', 'gem', 'required', false],
  ['5.6.1', '<=5.6', 'npm', 'required', true],
  ['5.6.1', '<=5.6', 'pypi', 'required', false],
  ['5.6.1', '>5.6', 'npm', 'required', false],
  ['5.6.1', '>5.6', 'pypi', 'required', true],
  ['5.6.1', '5.0 - 5.6', 'npm', 'required', true],
  ['5.6.1', '5.6.+', 'maven', 'required', true],
  ['5.6.1', '5.+', 'maven', 'required', true],
  ['5.6.1', '+', 'maven', 'required', true],
  ['5.6.1', '5.7.+', 'maven', 'required', false],
  ['5.61', '5.6+', 'maven', 'required', true],
  ['6.0', '5.6+', 'maven', 'required', false],
  ['5.6.1', '[5.0,5.7[', 'maven', 'required', true],
  ['5.6.1', ']5.6.1,6[', 'maven', 'required', false],
  ['5.6.1', 'v5', 'golang', 'required', true],
  ['5.6.1', 'v5.6', 'golang', 'required', true],
  ['5.6.1', 'v4', 'golang', 'required', false],
  ['5.6.1', 'v5.6.0', 'golang', 'required', false],
  ['5.6.1', '5abc1234', 'golang', 'required', null],
  ['5.6.1', '5.6.x-dev', 'composer', 'required', true],
  ['5.6.1', '5.x-dev', 'composer', 'required', true],
  ['5.6.1', '5.7.x-dev', 'composer', 'required', false],
  ['5.6.1', '^5.6@dev', 'composer', 'required', true],
  ['5.6.1', '^4@beta', 'composer', 'required', false],
  ['5.6.1', '5.*-*', 'nuget', 'required', true],
  ['5.6.1', '4.*-*', 'nuget', 'required', false],
  ['1.2.3', 'github:a/b', 'npm', 'required', null],
];

it.each(REQUIRED)('of %s, “%s” (%s, %s) could give one: %s', (bad, written, ecosystem, role, expected) => {
  expect(couldGive(readRange(bad, ecosystem) ?? [], written, ecosystem, role)).toBe(expected);
});

/** what stands behind the name, its version */
const WRITTEN: [string, string | null][] = [
  ['@1.2.3', '1.2.3'],
  ['@^1.2 --save', '^1.2'],
  ['@"^1 || ^2"', '^1 || ^2'],
  ['@latest', null],
  ['==1.2', '1.2'.replace(/^/, '==')],
  ['==1.2.*', '==1.2.*'],
  ['=1.2', '=1.2'],
  ['=1.2=py39_0', '=1.2'],
  ['>=1.2,<2 other', '>=1.2,<2'],
  [' >= 1.2, < 2', '>= 1.2, < 2'],
  ['[all]~=1.4', '~=1.4'],
  ['": "^1.2"', '^1.2'],
  ['": ">=1.2 <2"', '>=1.2 <2'],
  ["': '1.2.3'", '1.2.3'],
  [' = "1.2"', '1.2'],
  [' = { version = "1.2", features = [] }', '1.2'],
  [' = { git = "x", version = "1.2" }', '1.2'],
  ["', '~> 1.2'", '~> 1.2'],
  [':1.2.3', '1.2.3'],
  [':^1.0', '^1.0'],
  [' 1.2.3', '1.2.3'],
  [' v1.2.3 h1:abc=', 'v1.2.3'],
  [' (1.3.0)', '1.3.0'],
  [' (>= 1.3.0)', '>= 1.3.0'],
  [' | 1.3.0 |', '1.3.0'],
  ['": {\n      "version": "1.3.0",', '1.3.0'],
  ['"\nversion = "1.3.0"', '1.3.0'],
  ['@^1.3.0:\n  version "1.3.0"', '^1.3.0'],
  ['</artifactId>\n  <version>1.3.0</version>', '1.3.0'],
  ['" Version="1.3.0" />', '1.3.0'],
  ['-1.3.0.tgz', '1.3.0'],
  ['-1.3.0-py3-none-any.whl', '1.3.0'],
  ['/-/left-pad-1.3.0.tgz', '1.3.0'],
  ['/1.3.0/index.js', '1.3.0'],
  ['/cmd/tool@v1.2.3', 'v1.2.3'],
  [' -v 1.2', '1.2'],
  [' --version "~> 1.2"', '~> 1.2'],
  [' -Version 1.2.3', '1.2.3'],
  [' and then 1.2.3', null],
  ['\nother 1.2.3', null],
  [', other==1.2.3', null],
  ['', null],
  [' 12 times', null],
  [' = "yes"', null],
  [' == "1.2"', null],
];

it.each(WRITTEN)('behind a name, %j has the version %j', (after, version) => {
  expect(versionAfter(`name${after}`, 4)?.text ?? null).toBe(version);
});
