import { expect, test } from 'vitest';
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
];
const LANGUAGES = [null, 'python', 'javascript', 'ruby', 'shell'];

const found = (opening: string, length: number, language: string | null) =>
  readPackages(opening.repeat(Math.ceil(length / opening.length)), language).length;

test.each(OPENINGS)(
  '%j over and over is read to its end, and what is found grows no faster than the text',
  (opening) => {
    for (const language of LANGUAGES) {
      const short = found(opening, 5_000, language);
      const long = found(opening, 40_000, language);
      expect(long, `${language}`).toBeLessThanOrEqual(9 * short + 16);
    }
  },
);

test.each([
  ['a quarter of a megabyte in one line', 'const value = compute(input, "a string", 42); '.repeat(5_000)],
  ['100,000 quotes that open', '"a '.repeat(100_000)],
  ['100,000 comments that open', '/* '.repeat(100_000)],
  ['a comment without an end', `/* ${'a'.repeat(300_000)}`],
  ['a string without an end', `"${'a\\"'.repeat(100_000)}`],
  ['blanks without an end', `import${' '.repeat(300_000)}`],
  ['a list without an end', `from a import (${'b, '.repeat(80_000)}`],
  ['a tool in a line that never ends', `${'x '.repeat(100_000)}pip install a`],
])('%s', (_, text) => {
  for (const language of LANGUAGES) {
    const mentions = readPackages(text, language);
    expect(mentions.every(({ start, end }) => 0 <= start && start < end && end <= text.length)).toBe(true);
  }
});
