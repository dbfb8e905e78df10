import { describe, expect, it } from 'vitest';
import { Subject, textMatcher } from '../match.ts';
import type { PackageListItem } from '../rule.ts';
import { judgePieces, pick, random, streamSet } from '../testing/chunks.ts';
import { ruleFor } from '../testing/rules.ts';
import { Listed } from './listed.ts';
import { MentionedNames } from './mentioned.ts';

const covered = (item: PackageListItem, text: string, unversioned?: 'hit' | 'pass') =>
  textMatcher({ kind: 'imports', find: 'mentioned', packages: [item], ...(unversioned && { unversioned }) })(
    text,
    'text',
  ).map(({ start, end }) => text.slice(start, end));

/** The name listed, and texts in which it stands, each with what is covered. */
const FOUND: [PackageListItem, string, string][] = [
  ...[
    'left-pad',
    '"left-pad"',
    "'left-pad'",
    'npm i left-pad',
    'left-pad@1.3.0',
    'left-pad@^1',
    '"left-pad": "^1.3.0"',
    '{"dependencies":{"left-pad":"1.3.0"}}',
    'node_modules/left-pad/index.js',
    'node_modules\\left-pad\\index.js',
    '"node_modules/left-pad": {\n  "version": "1.3.0"\n}',
    'pkg:npm/left-pad@1.3.0',
    'https://registry.npmjs.org/left-pad/-/',
    'https://unpkg.com/left-pad',
    '"https://cdn.x.org/npm/left-pad@1"',
    'file:left-pad-1.3.0.tgz',
    'left-pad==1.3',
    'left-pad>=1',
    'left-pad[all]',
    'left-pad;python_version<"3"',
    'use left-pad.',
    'use left-pad, or not',
    '(left-pad)',
    '**left-pad**',
    '_left-pad_',
    '`left-pad`',
    '- left-pad\n',
    '+left-pad==1',
    '-left-pad==1',
    '# left-pad is bad',
    '<!-- left-pad -->',
    '| left-pad | 1.3.0 |',
    'left-pad (1.3.0)',
    'left-pad:',
    'left-pad=1.3',
    'left-pad/dist/x',
    'f.write("a\\nleft-pad\\n")',
    'DEPS="a left-pad"',
    'git+https://github.com/x/left-pad.git',
    '安装left-pad吧',
    'left-pad…',
    'left-pad\u00a0',
    '[left-pad](https://x.org)',
    'nice@npm:left-pad@1',
    'window["left-pad"]',
    'foo.left-pad',
    '[dependencies.left-pad]',
    '//left-pad',
    'left-pad\r\n',
    '--left-pad',
    '_left-pad',
    'left-padを使う',
    '그left-pad를',
    'בleft-pad',
    'ไทยที่left-pad',
    '🔥\ufe0fleft-pad\u200b',
    'é left-pad é',
    '“left-pad”',
    'left-pad%401.0.0',
  ].map((text): [PackageListItem, string, string] => ['left-pad', text, 'left-pad']),
  ['left-pad', 'left_pad', 'left_pad'],
  ['left-pad', 'Left--Pad', 'Left--Pad'],
  ['left-pad', 'left.pad', 'left.pad'],
  ['left-pad', 'import left_pad.core as x', 'left_pad'],
  ['left_pad', 'LEFT-PAD', 'LEFT-PAD'],
  ['acme-db-tools', 'acme.db.tools', 'acme.db.tools'],
  ['acme-db-tools', 'Acme_.DB--Tools', 'Acme_.DB--Tools'],
  ['Acme.DB-Tools', 'acme_db_tools', 'acme_db_tools'],
  ['@acme/loader', '"@acme/loader": "1"', '@acme/loader'],
  ['@acme/loader', 'npm i @acme/loader@1', '@acme/loader'],
  ['@acme/loader', 'pkg:npm/%40acme/loader@1', '%40acme/loader'],
  ['@acme/loader', 'https://registry.npmjs.org/@acme%2Floader', '@acme%2Floader'],
  ['@acme/loader', 'node_modules/@acme/loader/x', '@acme/loader'],
  ['@acme/loader', 'https://x.org/%40acme%2Floader%401.0.0', '%40acme%2Floader'],
  ['@acme/loader', 'node_modules/.pnpm/@acme+loader@1.0.0/', '@acme+loader'],
  ['@acme/loader', '%40acme%2floader', '%40acme%2floader'],
  ['acme/loader', 'composer require Acme/Loader', 'Acme/Loader'],
  ['acme/loader', 'use Acme\\Loader\\Client;', 'Acme\\Loader'],
  ['acme/loader', '"Acme\\\\Loader\\\\": "src/"', 'Acme\\\\Loader'],
  ['org.acme:loader', 'implementation("org.acme:loader:1.2")', 'org.acme:loader'],
  ['org.acme:loader', 'pkg:maven/org.acme/loader@1.2', 'org.acme/loader'],
  ['org.acme:loader', 'https://x.org/org/acme/loader/1.2/loader-1.2.jar', 'org/acme/loader'],
  ['org.acme:loader', 'C:\\m2\\org\\acme\\loader\\1.2\\loader-1.2.jar', 'org\\acme\\loader'],
  ['org.acme:loader', '{org.acme/loader {:mvn/version "1"}}', 'org.acme/loader'],
  ['org.acme:loader', 'org.acme:loader:jar:1.2:compile', 'org.acme:loader'],
  ['org.acme:loader', 'new org.acme.loader.Client()', 'org.acme.loader.Client'],
  [{ name: 'org.acme:loader', ecosystem: 'maven' }, 'pkg:maven/org.acme/loader@1.2', 'org.acme/loader'],
  [{ name: 'org.acme:loader', versions: '1.2' }, '/org/acme/loader/1.2/loader-1.2.jar', 'org/acme/loader'],
  ['Newtonsoft.Json', 'using newtonsoft.json;', 'newtonsoft.json'],
  ['github.com/acme/loader', 'import "github.com/acme/loader/v2"', 'github.com/acme/loader'],
  ['github.com/acme/loader', 'https://github.com/acme/loader', 'github.com/acme/loader'],
  ['serde::de', 'use serde::de::X', 'serde::de'],
  ['acme', 'a@acme', 'acme'],
];

const MISSED: [PackageListItem, string][] = [
  ...[
    'left-padder',
    'my-left-pad',
    'my_left-pad',
    'left-pad-extra',
    'left-pad_2',
    'xleft-pad',
    'left-pad2',
    'left pad',
    'left/pad',
    'leftpad',
    'left-',
    'pad',
    '@other/left-pad',
    'node_modules/@other/left-pad/x',
    'pkg:npm/%40other/left-pad@1',
    '@left-pad/core',
    'left - pad',
    'left-\npad',
    'left---------pad',
    'éleft-pad',
    'left-padé',
    'жleft-pad',
    'left-padж',
    'left-pad\u0301',
    'left-padª',
    '@other+left-pad@1.0.0',
    '@left-pad+core@1.0.0',
    'left+pad',
    '',
  ].map((text): [PackageListItem, string] => ['left-pad', text]),
  ['@acme/loader', 'acme/loader'],
  ['@acme/loader', 'x@acme/loader'],
  ['@acme/loader', '@acme/loader-x'],
  ['@acme/loader', '@acme/loaderé'],
  ['@acme/loader', 'acme+loader'],
  ['@acme/loader', '%40acme%2Floaders'],
  ['acme/loader', 'acme+loader'],
  ['acme/loader', 'acme-loader'],
  ['org.acme:loader', 'org.acme.loader'],
  ['org.acme:loader', 'src/main/java/org/acme/loader/Client.java'],
  ['org.acme:loader', 'pkg:maven/org.acme/loader-core@1'],
  [{ name: 'org.acme:loader', versions: '1.2' }, '/org/acme/loader/1.3/loader-1.3.jar'],
  [{ name: 'left-pad', ecosystem: 'npm' }, 'left_pad'],
  [{ name: 'left-pad', ecosystem: 'gem' }, 'Left-Pad'],
  [{ name: 'Acme.Loader', ecosystem: 'maven' }, 'acme.loader'],
];

describe('a name that is mentioned', () => {
  it.each(FOUND)('%j is in %j', (item, text, name) => {
    expect(covered(item, text)).toContain(name);
    expect(covered(item, `${text}\nx`)).toContain(name);
  });

  it.each(MISSED)('%j is not in %j', (item, text) => {
    expect(covered(item, text)).toEqual([]);
  });

  it.each<[PackageListItem, string]>([
    [{ name: 'left-pad', ecosystem: 'npm' }, 'Left-Pad'],
    [{ name: 'left-pad', ecosystem: 'pypi' }, 'left_pad'],
    [{ name: 'left_pad', ecosystem: 'cargo' }, 'left-pad = "1"'],
    [{ name: 'Acme.Loader', ecosystem: 'nuget' }, 'acme.loader'],
    [{ name: 'acme/loader', ecosystem: 'composer' }, 'Acme\\Loader'],
  ])('%j folds as its registry does: %j', (item, text) => {
    expect(covered(item, text)).toHaveLength(1);
  });
});

describe('the version beside it', () => {
  const entry = { name: 'acme', versions: '5.6.1 || >=7 <7.2' } as const;
  it.each([
    ['acme@5.6.1', true],
    ['acme@^5.6.0', true],
    ['acme@5.6.2', false],
    ['acme==7.1', true],
    ['acme>=7.2', false],
    ['"acme": "~7.1.0"', true],
    ['"acme": "5.5.0"', false],
    ['"node_modules/acme": {\n "version": "5.6.1"', true],
    ['"node_modules/acme": {\n "version": "5.6.0"', false],
    ['acme 5.6.1', true],
    ['acme:7.2.0', false],
    ['acme-5.6.1.tgz', true],
    ['npm install acme@5.6.1', true],
    ['npm install acme@5.6.2', false],
    ['pip install "acme>=7.2"', false],
    ['gem install acme -v 5.6.1', true],
    ['<artifactId>acme</artifactId>\n<version>5.6.2</version>', false],
  ])('%j: %s', (text, hits) => {
    for (const unversioned of ['hit', 'pass'] as const) {
      expect(covered(entry, text, unversioned)).toHaveLength(hits ? 1 : 0);
    }
  });

  it.each(['acme', 'acme@latest', 'import acme', 'acme, other==5.6.1'])(
    'where none can be compared the rule says: %j',
    (text) => {
      expect(covered(entry, text, 'hit')).toEqual(['acme']);
      expect(covered(entry, text)).toEqual(['acme']);
      expect(covered(entry, text, 'pass')).toEqual([]);
    },
  );
});

describe('many names', () => {
  const many = Array.from(
    { length: 100_000 },
    (_, at) => new Listed(at, `evil-${at.toString(36)}-kit`, false),
  );
  const names = new MentionedNames(many);
  const ids = (text: string) => {
    const found: number[] = [];
    names.scan(new Subject(text).words, 0, true, ({ owner }) => found.push(owner));
    return found;
  };

  it('are told apart in one pass', () => {
    expect(ids('npm i evil-0-kit evil-zz-kit; pip install evil_255r.kit evil-x')).toEqual([0, 1_295, 99_999]);
  });

  it('hostile text costs linear time', () => {
    const self = new MentionedNames([new Listed(0, `${'a.'.repeat(100)}b`, false)]);
    const pieces = ['evil-', 'evil.', 'a.', '@', '%40', '@a/', '-', '\\n', 'evil-0-kit', 'evil-0-kit-', 'a'];
    for (const piece of pieces) {
      const text = piece.repeat(400_000 / piece.length);
      for (const each of [names, self]) each.scan(new Subject(text).words, 0, true, () => {});
    }
  });
});

describe('however an answer is cut, a stream finds what the whole text has', () => {
  const ITEMS: PackageListItem[] = [
    'left-pad',
    'acme-db-tools',
    '@acme/loader',
    'acme/loader',
    'acme',
    { name: 'left-pad', ecosystem: 'npm' },
    { name: 'acme', versions: '5.6.1 || >=7 <7.2' },
    { name: 'left-pad', versions: '<1.3' },
    'org.acme:loader',
    'PyYAML',
  ];
  const PARTS = [
    ...FOUND.map(([, text]) => text),
    ...MISSED.map(([, text]) => text),
    'import yaml\n',
    'acme@5.6.1',
    'acme@5.6.2',
    'npm install acme@5.6.1\n',
    'npm install acme@5.6.2 x\n',
    'pip install acme==7.1.4\n',
    'import acme\n',
    '<artifactId>acme</artifactId>\n  <version>7.0.0</version>',
    'name = "acme"\nversion = "5.6.0"\n',
    '"acme": {\n    "version": "7.1.0"',
    'left-pad-1.2.9.tgz',
    'left-pad-1.3.0.tgz',
    'acme.db',
    'acme.db.tools.',
    '%40',
    '%4',
    '@',
    '\\',
    'x'.repeat(300),
    `@${'s'.repeat(230)}/left-pad`,
    `@${'s'.repeat(200)}/left-pad`,
    '-'.repeat(20),
  ];
  const GLUE = [' ', ' ', '\n', '', '.', '-', '_', '/', '@', ', ', ':', '"'];

  it.each([1, 2, 3, 4])('seed %i', (seed) => {
    const next = random(seed * 7_919);
    let hits = 0;
    for (let run = 0; run < 150; run++) {
      let text = '';
      for (let at = 0; at < 1 + next() * 8; at++) text += pick(next, PARTS) + pick(next, GLUE);
      const rules = Array.from({ length: 1 + Math.floor(next() * 3) }, (_, at) =>
        ruleFor(
          {
            kind: 'imports',
            find: pick(next, ['mentioned', 'imported'] as const),
            packages: [pick(next, ITEMS), pick(next, ITEMS)],
            ...(next() < 0.5 && { unversioned: 'pass' as const }),
          },
          'x',
          { ref: `R-${at}`, action: pick(next, ['redact', 'redact', 'block', 'flag', 'replace'] as const) },
        ),
      );
      const set = streamSet(rules);
      const whole = judgePieces(set, [text]);
      hits += whole.decision.rules.length;
      for (const size of [1, 3, 17, 120]) {
        const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        const cut = judgePieces(set, pieces);
        const told = JSON.stringify({
          text,
          size,
          rules: rules.map(({ matcher, action }) => [matcher, action]),
        });
        expect(cut.errors, told).toEqual([]);
        expect(cut.decision, told).toEqual(whole.decision);
        expect(cut.judge.counters.unscanned).toBe(0);
        // What ends or replaces an answer lets more of it out where it comes in pieces.
        if (!['block', 'replace'].includes(whole.decision.verdict)) expect(cut.text, told).toBe(whole.text);
      }
    }
    expect(hits).toBeGreaterThan(20);
  });

  it('holds back a word and what may still belong to a name, and no more', () => {
    const set = streamSet([
      ruleFor({ kind: 'imports', find: 'mentioned', packages: ['left-pad'] }, 'left-pad', {
        action: 'redact',
      }),
    ]);
    const { judge } = judgePieces(
      set,
      'The quick brown fox uses left and left-padder here. '.repeat(50).split(/(?<= )/),
    );
    expect(judge.counters.held).toBeLessThan(60);
  });
});
