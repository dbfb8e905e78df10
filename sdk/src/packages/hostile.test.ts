import { describe, expect, test } from 'vitest';
import { compileRules, evaluate } from '../engine.ts';
import type { Rule } from '../rule.ts';
import { judgePieces } from '../testing/chunks.ts';
import { ruleFor } from '../testing/rules.ts';
import { readPackages } from './read.ts';

/** What opens something, alone or over and over: lists, strings, comments, commands, manifests. */
const OPENINGS = [
  'import (',
  'import (\n',
  'from a import (\n',
  'import a, ',
  'import a.b.',
  'require("a")',
  'define([',
  "from '",
  'use {',
  'use a::{',
  'using a',
  'alias A.{',
  'Mix.install([',
  '.package(url: "',
  'gem "a"',
  '"""',
  '"',
  "'",
  '`',
  '/*',
  '/* */',
  '@',
  '(1',
  '=> ',
  "'a:b'",
  '/[',
  '#',
  '(',
  '[',
  '{',
  '<<EOF\n',
  '=begin\n',
  'r#"',
  '```\n',
  '\\',
  '\\\n',
  ' ',
  '\t',
  '\n',
  'pip ',
  'pip\\\n',
  'pip install ',
  'pip install "',
  'pip install \\\n',
  '["pip",',
  '"pip", ',
  'npm --a b ',
  'npx ',
  '"args":["a"],"command":"npx",',
  '"npx","a":{},',
  '["npm","-C",f(',
  'npm -C {f(',
  'run npm install a, ',
  '"args":["a"],"env":{"a":{},',
  '"npx",//\n',
  '["npm","-C",#\n(',
  "a * from 'b' ",
  '```js\na==1\n',
  'mix ',
  'Command::new("cargo").args(["',
  '- pip\n',
  'a: >\n',
  'a: b\n  c\n',
  '{"a":',
  '"a":{"b":',
  '<package ',
  '<dependency>',
  'a==1\n',
  'a==1',
  'a@^1, ',
  'x.y v1.0.0 ',
  "'a:b:",
  '[a]\n',
  'a = [\n',
  'A',
  'A.',
  '\\A',
  'a::',
  'fn a::b',
  'use a::b;',
  'createRequire(',
  'a = createRequire(a)(',
  'tool (\n',
  "group: 'a.b', ",
  'api("a.b", ',
  '"a.b" % ',
  'a.b/c {',
  'id("a.b") version ',
  '<dependency><exclusion>',
  '<a b="c" ',
  '-DgroupId=a ',
  'pip install `a` ',
  'pip install $(',
  'echo a > requirements.txt ',
  'a = __import__\n',
  'a = require;a(',
  '"source": ["',
  'dependencies = { ',
  'additional_dependencies:\n- ',
  '</a>uv ',
  '>"a"go ',
  '@1.1.1 ',
];
const LANGUAGES = [null, 'python', 'javascript', 'ruby', 'shell'];

const repeated = (opening: string, length: number) => opening.repeat(Math.ceil(length / opening.length));
const found = (opening: string, length: number, language: string | null) =>
  readPackages(repeated(opening, length), language).length;

test.each(OPENINGS)(
  '%j over and over is read to its end, and what is found grows no faster than the text',
  (opening) => {
    for (const language of LANGUAGES) {
      const short = found(opening, 2_500, language);
      const long = found(opening, 20_000, language);
      expect(long, `${language}`).toBeLessThanOrEqual(9 * short + 16);
    }
  },
);

test.each([
  ...OPENINGS,
  'npm i {a,b} ',
  'gem i a ',
  'go get a npm i a pip install a ',
  'pip install a>=1,>=1,',
])('the work for %j over and over is counted, and grows as the text does', (opening) => {
  const units = (length: number) => {
    const work = { units: 0, most: Number.POSITIVE_INFINITY };
    const text = repeated(opening, length);
    readPackages(text, null, work);
    return work.units / text.length;
  };
  expect(units(20_000)).toBeGreaterThan(0);
  expect(units(40_000)).toBeLessThan(1.2 * units(10_000) + 1);
});

test('a command inside of one of the same tool is read once, with its versions', () => {
  const read = (text: string) => {
    const all = { units: 0, most: Number.POSITIVE_INFINITY };
    const kites = readPackages(text, 'shell', all).filter(({ names }) => names.includes('acme-kite'));
    return { kites: new Set(kites.map(({ version }) => version)), units: all.units };
  };
  for (const inner of ['gem i a ', 'gem "i" a ', 'npm i {a,b} ', 'gem \\\n i a '])
    expect(read(inner.repeat(2_000)).units, inner).toBeLessThan(
      7 * read(`gem i ${'abc '.repeat(4_000)}`).units,
    );
  expect(read('gem i a gem i acme-kite -v 1.2').kites).toEqual(new Set(['1.2']));
  expect(read('gem i a gem i -v 1.2 acme-kite').kites).toContain('1.2');
});

// Most tools are named where no command is: one look at the word behind tells, however many ways there are to read it.
test.each(['uv ', 'go ', 'npm ', 'cargo '])('%j over and over is no more work than other words', (tool) => {
  const work = { units: 0, most: Number.POSITIVE_INFINITY };
  const text = tool.repeat(5_000);
  readPackages(text, 'shell', work);
  expect(work.units).toBeLessThan(200 * 5_000 + 10 * text.length);
});

test('a command inside of one of the same tool is read once, and others are found behind it', () => {
  const work = (text: string) => {
    const all = { units: 0, most: Number.POSITIVE_INFINITY };
    const names = new Set(readPackages(text, 'shell', all).flatMap((mention) => mention.names));
    return { names, units: all.units };
  };
  const one = work(`npm i ${'abc '.repeat(1_000)}`);
  const many = work('npm i abc '.repeat(1_000));
  expect(many.units).toBeLessThan(6 * one.units);
  for (const last of [
    'npm i acme-kite',
    'npm "i" acme-kite',
    'npm i "acme-kite"',
    'pip install acme-kite',
    'npx acme-kite',
    'gem i acme-kite',
    'gem i -v 1 acme-kite',
  ])
    expect(work(`${'npm i abc '.repeat(20)}${last}`).names, last).toContain('acme-kite');
  // The words of a command inside of quotes are its own.
  expect(work('npm i a npm "i acme-kite"').names).toContain('acme-kite');
  expect(work('npm i a npm, "i", "acme-kite"').names).toContain('acme-kite');
});

// A rule that fails open would pass the text, and with it all lists of packages.
test.each([
  'npm "i >=1"',
  'npm "install >=1 acme-kite"',
  'npm "i || 2" acme-kite',
  'Start-Process npm "add <2 >1 acme-kite"',
])('%s, a subcommand with what looks like a version, is read', (command) => {
  const found = readPackages(`${command}\npip install acme-kite\n`, 'shell');
  expect(found.filter(({ names }) => names.includes('acme-kite'))).not.toEqual([]);
});

describe('a text whose commands take more work than a decision may do', () => {
  const text = `${'npm -a -b -c -d -e -f -g '.repeat(10_000)}\ngem install acme_kite\n`;
  const rule = (overrides: Partial<Rule> = {}) =>
    ruleFor(
      { kind: 'imports', packages: ['acme_kite'], find: 'imported', unversioned: 'hit' },
      'gem install acme_kite',
      {
        action: 'flag',
        ...overrides,
      },
    );
  const others = Array.from({ length: 6 }, (_, at) =>
    ruleFor(
      { kind: 'imports', packages: [`other-${at}`], find: 'imported', unversioned: 'hit' },
      `gem install other-${at}`,
    ),
  );
  const cheap = ruleFor({ kind: 'literal', text: 'acme_kite', ignoreCase: false }, 'acme_kite', {
    action: 'flag',
  });

  test.each([
    ['open', 'flag'],
    ['closed', 'block'],
    ['require_review', 'require_review'],
  ] as const)(
    'fails %s where the rule does, whole and in a stream, alone and among others',
    (onError, verdict) => {
      for (const more of [[], others]) {
        const rules = [rule({ fail: { onError, onStale: 'open' } }), cheap, ...more];
        const troubles: [string, string][] = [];
        const decision = evaluate(compileRules(rules), { completion: text }, new Date(), {
          onTrouble: ({ id }, { kind }) => troubles.push([id, kind]),
        });
        expect(decision.verdict).toBe(verdict);
        expect(troubles).toContainEqual([rules[0]?.id, 'work']);
        expect(decision.rules.map(({ id }) => id)).toContain(cheap.id);
      }
      const streamed = judgePieces([rule({ fail: { onError, onStale: 'open' } })], [text]);
      expect(streamed.errors.join()).toMatch(/more work|^$/);
      if (onError === 'closed') expect(streamed.decision.verdict).toBe('block');
    },
  );

  test('where the name stands is enough for a rule that asks for no more', () => {
    const mentioned = ruleFor(
      { kind: 'imports', packages: ['acme_kite'], find: 'mentioned', unversioned: 'hit' },
      'acme_kite',
    );
    for (const more of [[], others])
      expect(evaluate(compileRules([mentioned, ...more]), { completion: text }, new Date()).verdict).toBe(
        'block',
      );
  });
});

test.each([
  ['a quarter of a megabyte in one line', 'const value = compute(input, "a string", 42); '.repeat(5_000)],
  ['100,000 quotes that open', '"a '.repeat(100_000)],
  ['100,000 comments that open', '/* '.repeat(100_000)],
  ['a comment without an end', `/* ${'a'.repeat(300_000)}`],
  ['a string without an end', `"${'a\\"'.repeat(100_000)}`],
  ['blanks without an end', `import${' '.repeat(300_000)}`],
  ['a list without an end', `from a import (${'b, '.repeat(80_000)}`],
  ['blanks, and a command behind them', `${' '.repeat(300_000)}\npip install a\n`],
  ['items of a list in one line, and a command behind them', `${'- '.repeat(100_000)}\npip install a\n`],
  ['a tool in a line that never ends', `${'x '.repeat(100_000)}pip install a`],
  ['tools between redirections, and no word', '</a>uv '.repeat(30_000)],
  ['tools between quotes that open nothing, and no word', '>"a"go '.repeat(30_000)],
  ['empty lines behind a locked package', `a@1.1.1\n${'\n'.repeat(300_000)}`],
  ['signs of greater in one line of a list', `nuget\n${'> '.repeat(150_000)}`],
])('%s', (_, text) => {
  for (const language of LANGUAGES) {
    const mentions = readPackages(text, language);
    expect(mentions.every(({ start, end }) => 0 <= start && start < end && end <= text.length)).toBe(true);
  }
});

// What a call takes as arguments lies on the stack, so a long list that is spread into one throws: a rule that fails
// open would then pass the text, and with it all lists of packages.
describe('a listed package behind 200,000 others is found', () => {
  const others = (each: (at: number) => string) =>
    Array.from({ length: 200_000 }, (_, at) => each(at)).join('');
  const TEXTS: [string, string][] = [
    ['a command', `pip install ${others(() => 'abc ')}acme-kite`],
    ['a JSON manifest', `{"dependencies":{${others((at) => `"a${at}":"1",`)}"acme-kite":"1"}}`],
    [
      'an XML manifest',
      `${others(() => '<PackageReference Include="a" Version="1" />\n')}<PackageReference Include="acme-kite" Version="1" />`,
    ],
    ['a list', `[project]\ndependencies = [\n${others(() => '"a",\n')}"acme-kite"]`],
    ['requirements', `${others(() => 'a==1\n')}acme-kite==1\n`],
    ['an import', `import ${others(() => 'a,')}acme_kite`],
    ['a call', `define([${others(() => '"a",')}"acme-kite"])`],
  ];
  test.each(TEXTS)('%s', (_, text) => {
    for (const find of ['imported', 'mentioned'] as const) {
      const rule = ruleFor(
        { kind: 'imports', packages: ['acme-kite'], find, unversioned: 'hit' },
        'pip install acme-kite',
      );
      expect(evaluate(compileRules([rule]), { completion: text }, new Date()).verdict).toBe('block');
    }
  });

  test('where it is removed 200,000 times over, also in a stream', () => {
    const matcher = { kind: 'literal', text: 'acme-kite', ignoreCase: false } as const;
    const rule = ruleFor(matcher, 'acme-kite', { action: 'redact' });
    const { text, errors } = judgePieces([rule], ['acme-kite '.repeat(200_000)]);
    expect(errors).toEqual([]);
    expect(text).not.toContain('acme-kite');
  });
});
