import { describe, expect, it } from 'vitest';
import { refused, said } from '#tests/said-packages';
import { readPackageList } from './read.ts';

const json = (value: unknown) => JSON.stringify(value, null, 2);

const record = (name: string, more: object = {}) => ({
  schema_version: '1.7.4',
  id: 'MAL-2026-900100',
  modified: '2026-09-25T00:00:00Z',
  aliases: ['GHSA-abcd-efgh-ijkl', 'left-pad'],
  summary: 'Malicious code',
  affected: [{ package: { ecosystem: 'npm', name }, versions: ['1.0.7'] }],
  references: [{ type: 'WEB', url: 'https://advisories.example.org/x' }],
  credits: [{ name: 'somebody', type: 'FINDER' }],
  ...more,
});
const range = (events: object[], type = 'SEMVER') => ({
  affected: [{ package: { ecosystem: 'PyPI', name: 'quill' }, ranges: [{ type, events }] }],
});

describe('advisories', () => {
  it.each([
    ['one', json(record('quill-a')), ['npm:quill-a 1.0.7']],
    ['a list', json([record('quill-a'), record('quill-b')]), ['npm:quill-a 1.0.7', 'npm:quill-b 1.0.7']],
    [
      'under any key',
      json({ results: [{ vulns: [record('quill-a')] }], next_page_token: 'x' }),
      ['npm:quill-a 1.0.7'],
    ],
    [
      'one a line',
      `${JSON.stringify(record('quill-a'))}\n${JSON.stringify(record('quill-b'))}\n`,
      ['npm:quill-a 1.0.7', 'npm:quill-b 1.0.7'],
    ],
    [
      'one behind the other',
      `${json(record('quill-a'))}\n${json(record('quill-b'))}`,
      ['npm:quill-a 1.0.7', 'npm:quill-b 1.0.7'],
    ],
    ['every version', json(record('quill', range([{ introduced: '0' }]))), ['pypi:quill']],
    [
      'up to a fix',
      json(record('quill', range([{ introduced: '0' }, { fixed: '1.2' }]))),
      ['pypi:quill <1.2'],
    ],
    [
      'two ranges',
      json(
        record(
          'quill',
          range([{ introduced: '1.0' }, { fixed: '1.2' }, { introduced: '2.0' }, { last_affected: '2.3' }]),
        ),
      ),
      ['pypi:quill >=1.0 <1.2 | >=2.0 <=2.3'],
    ],
    ['commits are no versions', json(record('quill', range([{ introduced: '0' }], 'GIT'))), ['pypi:quill']],
    ['withdrawn', json(record('quill-a', { withdrawn: '2026-09-26T00:00:00Z' })), []],
  ])('OSV, %s', (_, text, expected) => {
    expect(said(text)).toEqual(expected);
    expect(readPackageList(text).form).toMatch(/^OSV/);
  });

  it('says which OSV entries it leaves out and why', () => {
    expect(refused(json(record('quill', { withdrawn: 'x' })))).toEqual(['an advisory that was withdrawn']);
    const debian = { affected: [{ package: { ecosystem: 'Debian:12', name: 'quill' }, versions: ['1'] }] };
    expect(refused(json(debian))).toEqual([expect.stringContaining('“Debian:12”')]);
  });

  const entry = { package: { ecosystem: 'pip', name: 'quill' }, vulnerable_version_range: '>= 1.0, < 1.4' };
  it.each([
    ['an advisory', { ghsa_id: 'GHSA-1', summary: 'x', vulnerabilities: [entry] }, ['pypi:quill >=1.0 <1.4']],
    [
      'an alert',
      {
        number: 1,
        dependency: { package: { ecosystem: 'pip', name: 'quill' } },
        security_vulnerability: entry,
      },
      ['pypi:quill >=1.0 <1.4'],
    ],
    [
      'GraphQL',
      {
        data: {
          securityVulnerabilities: {
            nodes: [{ package: { ecosystem: 'NPM', name: '@acme/q' }, vulnerableVersionRange: '= 1.0.1' }],
          },
        },
      },
      ['npm:@acme/q 1.0.1'],
    ],
    [
      'every version',
      { vulnerabilities: [{ package: { ecosystem: 'rust', name: 'q' }, vulnerable_version_range: '>= 0' }] },
      ['cargo:q'],
    ],
    ['withdrawn', { ghsa_id: 'GHSA-1', withdrawn_at: '2026-01-01T00:00:00Z', vulnerabilities: [entry] }, []],
  ])('GitHub, %s', (_, value, expected) => {
    expect(said(json(value))).toEqual(expected);
  });
});

describe('inventories', () => {
  const components = [
    {
      type: 'library',
      name: 'q',
      group: '@acme',
      version: '1.0.0',
      purl: 'pkg:npm/%40acme/q@1.0.0',
      'bom-ref': 'a',
    },
    {
      type: 'library',
      name: 'plain',
      version: '2.0.0',
      'bom-ref': 'b',
      components: [{ type: 'library', name: 'deep', version: '3.0.0' }],
    },
    { type: 'application', name: 'shop', version: '9' },
  ];
  it.each([
    [
      'every component',
      { bomFormat: 'CycloneDX', metadata: { component: { name: 'own' } }, components },
      ['npm:@acme/q 1.0.0', 'plain 2.0.0', 'deep 3.0.0'],
    ],
    [
      'only what is affected',
      {
        bomFormat: 'CycloneDX',
        components,
        vulnerabilities: [{ id: 'X', affects: [{ ref: 'b' }, { ref: 'pkg:pypi/quill@4' }] }],
      },
      ['plain 2.0.0', 'pypi:quill 4'],
    ],
    [
      'affected versions',
      {
        bomFormat: 'CycloneDX',
        components,
        vulnerabilities: [
          {
            affects: [
              {
                ref: 'b',
                versions: [
                  { range: 'vers:npm/>=1.0.0|<1.4.0', status: 'affected' },
                  { version: '9', status: 'unaffected' },
                ],
              },
            ],
          },
        ],
      },
      ['plain >=1.0.0 <1.4.0'],
    ],
    [
      'SPDX',
      {
        spdxVersion: 'SPDX-2.3',
        packages: [{ name: 'q', externalRefs: [{ referenceLocator: 'pkg:gem/q@1.0' }] }],
      },
      ['gem:q 1.0'],
    ],
  ])('%s', (_, value, expected) => {
    expect(said(json(value))).toEqual(expected);
  });
});

describe('JSON of no standard', () => {
  it.each([
    [
      ['quill-a', 'quill-b@1.0.0'],
      ['quill-a', 'quill-b 1.0.0'],
    ],
    [[{ package: 'quill', version: '1.0.0' }], ['quill 1.0.0']],
    [[{ name: 'quill', versions: ['1.0.0', '1.0.1'], ecosystem: 'npm' }], ['npm:quill 1.0.0 | 1.0.1']],
    [[{ purl: 'pkg:npm/quill@1.0.0' }], ['npm:quill 1.0.0']],
    [[{ package: { name: 'quill', ecosystem: 'PyPI' }, versions: ['1'] }], ['pypi:quill 1']],
    [[{ groupId: 'org.acme', artifactId: 'quill', version: '1' }], ['maven:org.acme:quill 1']],
    [{ packages: ['quill-a'], aliases: ['x-y'], generated: '2026-09-25' }, ['quill-a']],
    [{ campaign: { name: 'September', packages: [{ name: 'quill' }] } }, ['quill']],
    [{ malicious: ['quill-a', 'quill-b'] }, ['quill-a', 'quill-b']],
    [{ 'quill-a': ['1.0.0', '1.0.1'], '@acme/q': '2.0.0' }, ['quill-a 1.0.0 | 1.0.1', '@acme/q 2.0.0']],
    [
      { name: 'own', dependencies: { quill: '^1.0.0' }, devDependencies: { '@a/b': 'latest' } },
      ['npm:quill ^1.0.0', 'npm:@a/b'],
    ],
    [
      {
        name: 'own',
        lockfileVersion: 3,
        packages: {
          '': { name: 'own' },
          'node_modules/x': { version: '1.0.0' },
          'node_modules/x/node_modules/@y/z': { version: '2.0.0' },
        },
      },
      ['npm:x 1.0.0', 'npm:@y/z 2.0.0'],
    ],
    [
      {
        lockfileVersion: 1,
        dependencies: { x: { version: '1.0.0', dependencies: { y: { version: '2.0.0' } } } },
      },
      ['npm:x 1.0.0', 'npm:y 2.0.0'],
    ],
    [
      { 'content-hash': 'x', packages: [{ name: 'acme/quill', version: 'v1.0.0' }] },
      ['composer:acme/quill v1.0.0'],
    ],
    [{ _meta: {}, default: { quill: { version: '==1.0' } } }, ['pypi:quill 1.0']],
    [
      { auditReportVersion: 2, vulnerabilities: { quill: { name: 'quill', range: '<1.2.0' } } },
      ['npm:quill <1.2.0'],
    ],
  ])('%j', (value, expected) => {
    expect(said(json(value))).toEqual(expected);
  });

  it('takes packages whose names end as such fields do', () => {
    expect(said(json({ 'show-version': '1.0.0', conversion: '2.0.0' }))).toEqual([
      'show-version 1.0.0',
      'conversion 2.0.0',
    ]);
  });

  it.each([
    [{ id: 'x', summary: 'y', details: 'z', modified: '1', references: [] }],
    [{ schema_version: '1.7.4', version: '2' }],
    [{ report: { report_version: '2.0' }, found: { scannerVersion: '1.4.1' } }],
    [{ aliases: ['a', 'b'], references: ['c'] }],
    [{ first: ['a-b'], second: ['c-d'] }],
    [{ indicators: { hosts: ['evil.example'] }, hashes: ['d41d8cd98f00b204e9800998ecf8427e'] }],
  ])('%j names no package', (value) => {
    expect(said(json(value))).toEqual([]);
    expect(refused(json(value)).length).toBeGreaterThan(0);
  });
});

describe('what package managers write', () => {
  it.each([
    [
      'yarn.lock',
      '# yarn lockfile v1\n\n"@acme/q@^1.0.0", "@acme/q@^1.1.0":\n  version "1.1.0"\n  dependencies:\n    other "^1"\n\nquill@^2:\n  version "2.0.0"\n',
      ['npm:@acme/q 1.1.0', 'npm:quill 2.0.0'],
    ],
    [
      'yarn.lock',
      '__metadata:\n  version: 8\n\n"@acme/q@npm:^1.0.0":\n  version: 1.1.0\n  resolution: "@acme/q@npm:1.1.0"\n\n"own@workspace:.":\n  version: 0.0.0-use.local\n',
      ['npm:@acme/q 1.1.0'],
    ],
    [
      'pnpm-lock.yaml',
      "lockfileVersion: '9.0'\n\nimporters:\n  .:\n    dependencies:\n      q:\n        version: 1.0.0\n\npackages:\n\n  '@acme/q@1.0.0':\n    resolution: {integrity: x}\n\n  quill@2.0.0(react@19.0.0):\n    resolution: {}\n\nsnapshots:\n\n  quill@2.0.0: {}\n",
      ['npm:@acme/q 1.0.0', 'npm:quill 2.0.0'],
    ],
    [
      'pnpm-lock.yaml',
      'lockfileVersion: 5.4\n\npackages:\n\n  /@acme/q/1.0.0:\n    dev: true\n  /quill/2.0.0_react@19.0.0:\n    dev: true\n',
      ['npm:@acme/q 1.0.0', 'npm:quill 2.0.0'],
    ],
    [
      'Gemfile.lock',
      'GEM\n  remote: https://rubygems.org/\n  specs:\n    quill (1.0.0)\n      other (>= 2)\n    rack-q (2.1.0-x86_64-linux)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  quill\n',
      ['gem:quill 1.0.0', 'gem:rack-q 2.1.0-x86_64-linux'],
    ],
    [
      'go.sum',
      'github.com/!acme/q v1.0.0 h1:abc=\ngithub.com/!acme/q v1.0.0/go.mod h1:def=\n',
      ['golang:github.com/Acme/q v1.0.0', 'golang:github.com/Acme/q v1.0.0'],
    ],
    [
      'go.mod',
      'module own.example/x\n\ngo 1.25\n\nrequire (\n\tgithub.com/acme/q v1.0.0 // indirect\n)\nrequire gopkg.in/q.v2 v2.0.0\n\nreplace (\n\ta.example/b v1.0.0 => ../b\n)\n',
      ['golang:github.com/acme/q v1.0.0', 'golang:gopkg.in/q.v2 v2.0.0'],
    ],
    [
      'Cargo.lock',
      '# This file is automatically @generated by Cargo.\nversion = 4\n\n[[package]]\nname = "quill"\nversion = "1.0.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\ndependencies = [\n "other",\n]\n',
      ['cargo:quill 1.0.0'],
    ],
    [
      'a lock file of Python',
      '[[package]]\nname = "quill"\nversion = "1.0.0"\noptional = false\npython-versions = ">=3.9"\nfiles = [\n    {file = "q.whl", hash = "sha256:x"},\n]\n\n[package.dependencies]\nname = "other"\n\n[[package]]\nname = "q2"\nversion = "2"\n\n[metadata]\npython-versions = "^3.9"\n',
      ['pypi:quill 1.0.0', 'pypi:q2 2'],
    ],
    [
      'gradle.lockfile',
      '# This is a Gradle generated file for dependency locking.\norg.acme:quill:1.0.0=compileClasspath\nempty=\n',
      ['maven:org.acme:quill 1.0.0'],
    ],
    [
      'pubspec.lock',
      'packages:\n  quill:\n    dependency: "direct main"\n    description:\n      name: quill\n    source: hosted\n    version: "1.0.0"\nsdks:\n  dart: ">=3.0.0"\n',
      ['pub:quill 1.0.0'],
    ],
    [
      'a requirements file',
      '-r base.txt\n--index-url https://pypi.example/simple\nquill==1.0 ; python_version < "3.9" # old\nflask[async]>=1,<2 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n-e git+https://git.example/x.git#egg=acme_q\nother @ https://files.example/o.whl\nbare\n',
      ['pypi:quill 1.0', 'pypi:flask >=1 <2', 'pypi:acme_q', 'pypi:other', 'pypi:bare'],
    ],
  ])('%s', (form, text, expected) => {
    expect(said(text)).toEqual(expected);
    expect(readPackageList(text).form).toBe(form);
    expect(refused(text)).toEqual([]);
  });
});

describe('a report', () => {
  it('takes the packages out of indicators and counts the rest', () => {
    const text =
      '# Indicators\nhxxps://registry[.]npmjs[.]org/quill-a\nhxxps://evil[.]example/drop.sh\nevil[.]example\n198[.]51[.]100[.]7\nd41d8cd98f00b204e9800998ecf8427e\nquill-b@1.0.0\n';
    const list = readPackageList(text);
    expect(said(text)).toEqual(['npm:quill-a', 'quill-b 1.0.0']);
    expect(list.form).toBe('a list of indicators');
    expect(list.notUnderstood.map(({ line, why }) => [line, why.includes('not a package')])).toEqual([
      [3, true],
      [4, true],
      [5, true],
      [6, true],
    ]);
  });

  it('takes tables and bullets out of Markdown, and no sentence', () => {
    const text =
      'The wave of September\n=====================\n\nMany were hit, among them:\n\n- `quill-a` (1.0.1, 1.0.2)\n- `quill-b`\n\n| package | version |\n| --- | --- |\n| quill-c | 2.0.0 |\n\nStay safe.\n';
    expect(said(text)).toEqual(['quill-a 1.0.1 | 1.0.2', 'quill-b', 'quill-c 2.0.0']);
    expect(readPackageList(text).notUnderstood.map(({ line }) => line)).toEqual([1, 4, 13]);
  });

  it('says on which line each entry stands', () => {
    const lines = (text: string) => readPackageList(text).rows.map(({ line }) => line);
    expect(lines('# head\n\nquill-a\r\n\r\nquill-b\n')).toEqual([3, 5]);
    expect(
      lines(
        json([
          { name: 'quill-a', version: '1' },
          { name: 'quill-b', version: '1' },
        ]),
      ),
    ).toEqual([3, 7]);
    expect(
      lines(
        `${JSON.stringify({ name: 'quill-a', version: '1' })}\n${JSON.stringify({ name: 'quill-b', version: '1' })}`,
      ),
    ).toEqual([1, 2]);
    expect(lines('why,package\n"two\nlines",quill-a\nx,quill-b\n')).toEqual([2, 4]);
  });
});
