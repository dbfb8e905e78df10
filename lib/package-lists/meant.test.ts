import { describe, expect, it } from 'vitest';
import { refused, said } from '#tests/said-packages';

const json = (value: unknown) => JSON.stringify(value, null, 2);
const osv = (events: object[]) => ({
  id: 'MAL-2026-900101',
  affected: [{ package: { ecosystem: 'PyPI', name: 'quill' }, ranges: [{ type: 'SEMVER', events }] }],
});

describe('ranges of OSV, whose events may stand in any order', () => {
  it.each([
    ['a fix before its begin', [{ fixed: '1.2' }, { introduced: '1.0' }], ['pypi:quill >=1.0 <1.2']],
    [
      'begins first, then fixes',
      [{ introduced: '2.0' }, { introduced: '1.0' }, { fixed: '1.1' }, { fixed: '2.10' }],
      ['pypi:quill >=1.0 <1.1 | >=2.0 <2.10'],
    ],
    ['a limit', [{ introduced: '1.0' }, { limit: '2.0' }], ['pypi:quill >=1.0 <2.0']],
    ['a limit of everything', [{ introduced: '1.0' }, { limit: '*' }], ['pypi:quill >=1.0']],
    ['two fixes', [{ introduced: '0' }, { fixed: '3.0' }, { fixed: '2.0' }], ['pypi:quill <2.0']],
    ['zero last', [{ fixed: '0.9' }, { introduced: '0' }], ['pypi:quill <0.9']],
  ])('%s', (_, events, expected) => {
    expect(said(json(osv(events)))).toEqual(expected);
  });

  it('refuses what is no version', () => {
    expect(refused(json(osv([{ introduced: 'spring' }])))).toEqual(['its ranges cannot be read']);
  });
});

describe('what was looked at and is not meant', () => {
  it.each([
    ['a list of its own', json({ malicious_packages: ['evil'], safe_packages: ['good'] }), ['evil']],
    [
      'objects in such a list',
      json({ malicious: [{ package: 'evil' }], known_good: [{ package: 'good' }] }),
      ['evil'],
    ],
    ['a map in one', json({ bad: { evil: '1.0' }, allowlist: { good: '1.0' } }), ['evil 1.0']],
    [
      'a verdict',
      json([
        { package: 'evil', verdict: 'malicious' },
        { package: 'good', verdict: 'Clean' },
      ]),
      ['evil'],
    ],
    [
      'a verdict of yes and no',
      json([
        { package: 'evil', malicious: true },
        { package: 'good', malicious: false },
      ]),
      ['evil'],
    ],
    [
      'pip-audit',
      json({
        dependencies: [
          { name: 'good', version: '1.0', vulns: [] },
          { name: 'evil', version: '2.0', vulns: [{ id: 'PYSEC-1' }] },
        ],
      }),
      ['evil 2.0'],
    ],
    ['a column', 'package,version,status\nevil,1.0,malicious\ngood,1.0,clean\n', ['evil 1.0']],
    ['a column of yes and no', 'package,is_malicious\nevil,true\ngood,False\n', ['evil']],
  ])('%s', (_, text, expected) => {
    expect(said(text)).toEqual(expected);
    expect(refused(text)).toHaveLength(1);
  });
});

describe('columns', () => {
  it.each([
    ['a scope', 'scope,name\n@acme,evil\n', ['@acme/evil']],
    ['a scope without its sign', 'ecosystem,scope,name\nnpm,acme,evil\n', ['npm:@acme/evil']],
    ['a vendor', 'ecosystem,namespace,name\ncomposer,acme,evil\n', ['composer:acme/evil']],
    ['a group', 'namespace,name,type\norg.acme,evil,maven\n', ['maven:org.acme:evil']],
    ['affected versions in one word', 'Package,Affected\nevil,<2.0.0\n', ['evil <2.0.0']],
    [
      'begin and fix',
      'package,version introduced,version fixed\nevil,1.0.0,1.0.5\nother,0,2.0\nlast,3.1,\n',
      ['evil >=1.0.0 <1.0.5', 'other <2.0', 'last >=3.1'],
    ],
    ['the last that is affected', 'name,introduced,last_affected\nevil,1.0,1.4\n', ['evil >=1.0 <=1.4']],
    [
      'Markdown in cells',
      '| Package | Versions |\n|---|---|\n| `evil` | `1.0.0`<br>`1.0.1` |\n| **other** | **all** |\n',
      ['evil 1.0.0 | 1.0.1', 'other'],
    ],
    [
      'two tables of Markdown',
      '| Package |\n|---|\n| evil |\n\n| Package | Version |\n|---|---|\n| other | 1.0 |\n',
      ['evil', 'other 1.0'],
    ],
    [
      'two tables without outer strokes',
      'Package | Version\n---|---\nevil | 1.0\n\nPackage | Version\n---|---\nother | 2.0\n',
      ['evil 1.0', 'other 2.0'],
    ],
    [
      'either of two ranges',
      '| Package | Versions |\n|-|-|\n| evil | 1.0 \\|\\| 2.0 |\n',
      ['evil 1.0 | 2.0'],
    ],
  ])('%s', (_, text, expected) => {
    expect(said(text)).toEqual(expected);
    expect(refused(text)).toEqual([]);
  });

  it('takes no entry for every version where a column may say which', () => {
    const text = 'package,versions seen by us\nevil,1.0.0\n';
    expect(said(text)).toEqual([]);
    expect(refused(text)).toEqual(['the column versions seen by us may say versions and cannot be read']);
  });
});

describe('what tools print', () => {
  const vex = (status: string) =>
    json({
      '@context': 'https://openvex.dev/ns/v0.2.0',
      statements: [
        { vulnerability: { name: 'CVE-2026-1' }, products: [{ '@id': 'pkg:npm/evil@1.0.0' }], status },
      ],
    });
  it.each([
    ['OpenVEX', vex('affected'), ['npm:evil 1.0.0']],
    ['OpenVEX of what is not affected', vex('not_affected'), []],
    [
      'npm outdated',
      json({ evil: { current: '1.0.0', wanted: '1.0.1', latest: '2.0.0', location: '' } }),
      ['npm:evil 1.0.0'],
    ],
    [
      'npm ls',
      json({
        name: 'app',
        version: '9.0.0',
        dependencies: {
          evil: { version: '1.0.0', resolved: '', dependencies: { deep: { version: '2.0.0' } } },
        },
      }),
      ['npm:evil 1.0.0', 'npm:deep 2.0.0'],
    ],
    [
      'syft',
      json({
        artifacts: [{ name: 'evil', version: '1.0', type: 'npm', purl: 'pkg:npm/evil@1.0' }],
        source: { type: 'image', name: 'debian' },
        distro: { name: 'debian', version: '11' },
        descriptor: { name: 'syft', version: '1.0' },
      }),
      ['npm:evil 1.0'],
    ],
    [
      'SARIF',
      json({ version: '2.1.0', runs: [{ tool: { driver: { name: 'scan', rules: [{ name: 'r' }] } } }] }),
      [],
    ],
    [
      'by registry',
      json({ npm: { evil: '1.0' }, pypi: ['other'], rubygems: [{ name: 'third' }] }),
      ['npm:evil 1.0', 'pypi:other', 'gem:third'],
    ],
    ['names under two keys', json([{ package: 'evil' }, { module: 'third' }]), ['evil', 'third']],
    ['a Pipfile', '[packages]\nevil = "==1.0"\n\n[requires]\npython_version = "3.12"\n', ['pypi:evil 1.0']],
    [
      'a conda environment',
      'name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - evil=1.2=py_0\n  - pip:\n      - other==2.0\n',
      ['conda:evil 1.2', 'pypi:other 2.0'],
    ],
    ['pyproject.toml', '[project]\nname = "app"\ndependencies = ["evil"]\n', []],
    [
      'SPDX tags',
      'SPDXVersion: SPDX-2.3\nPackageName: evil\nExternalRef: PACKAGE-MANAGER purl pkg:npm/evil@1.0\n',
      ['npm:evil 1.0'],
    ],
    ['a record of YAML', 'packages:\n  - name: evil\n    version: 1.0\n', []],
  ])('%s', (_, text, expected) => {
    expect(said(text)).toEqual(expected);
    if (expected.length === 0) expect(refused(text)).not.toEqual([]);
  });

  it.each([
    ['evil 1.0.0-1.0.5', ['evil >=1.0.0 <=1.0.5']],
    ['evil 1.0.0-2', ['evil 1.0.0-2']],
    ['evil 2025-01-01', []],
  ])('%s', (text, expected) => {
    expect(said(text)).toEqual(expected);
  });
});
