import { requiredLiterals } from '#sdk/pattern';
import type { Rule } from '#sdk/rule';
import { pick, type Random, randomFrom } from '#sdk/testing/patterns';
import { type BenchText, benchRule, benchRules } from './engine-rules.ts';

export interface Hostile {
  name: string;
  rules: Rule[];
  texts: BenchText[];
}

const several = (count: number, make: (at: number) => string | BenchText) =>
  Array.from({ length: count }, (_, at): BenchText => {
    const made = make(at);
    return typeof made === 'string' ? { language: 'python', completion: made } : made;
  });
const re2 = (patterns: readonly string[]) =>
  patterns.map((pattern, at) => benchRule({ kind: 're2', pattern, ignoreCase: false }, at));
const names = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, at) => `${prefix}_${(at * 7_919 + 1_000).toString(36)}`);

const shuffled = (random: Random, list: readonly string[], length: number) => {
  let out = '';
  while (out.length < length) out += `${pick(random, list)} `;
  return out.slice(0, length);
};

/** Texts and patterns made to be slow; each text is seen once. */
export function hostileCases(texts: readonly BenchText[]): Hostile[] {
  const random = randomFrom(17);
  const thousand = benchRules(1_000, texts);
  const strings = thousand.flatMap(
    ({ matcher }) => requiredLiterals(matcher)?.map(([first]) => first ?? '') ?? [],
  );
  const line = texts
    .slice(0, 250)
    .map(({ completion }) => completion.replace(/\s+/g, ' '))
    .join('');
  const literals = names(5_000, 'lit');
  const open = names(200, 'open');
  const packages = names(1_000, 'package');
  const phrases = names(1_000, 'phrase');
  const filler = (length: number) => shuffled(random, ['value', 'total', '=', '(x)', 'items'], length);
  const all = (list: readonly string[]) => list.join(' ');
  return [
    {
      name: '1,000 patterns, 500 KB in one line',
      rules: thousand,
      texts: several(10, (at) => line.slice(at)),
    },
    {
      name: '1,000 patterns, their strings crowded into 2 KB',
      rules: thousand,
      texts: several(200, () => shuffled(random, strings, 2_048)),
    },
    {
      name: '1,000 patterns and ReDoS bait on its bait',
      rules: [
        ...thousand,
        ...re2(
          ['(a+)+$', '(?:a|a)*b', '(?:x+x+)+y', '(?:.*.*.*)=z', '(?:[a-z]+)*[0-9]'].map(
            (bait) => `evil${bait}`,
          ),
        ),
      ],
      texts: several(200, (at) => `evil${'a'.repeat(2_000 + at)}`),
    },
    {
      name: 'a pattern with a state for each of many texts',
      rules: [...thousand, ...re2(['evil[ab]*a[ab]{60}c'])],
      texts: several(
        200,
        () => `c evil${Array.from({ length: 2_042 }, () => pick(random, ['a', 'b'])).join('')}`,
      ),
    },
    {
      name: '200 patterns without an end, 100 KB in one line',
      rules: re2(open.map((name) => `${name}.*never_${name}`)),
      texts: several(
        5,
        (at) => `${at} ${open.map((name) => `never_${name}`).join(' ')} ${all(open)} ${filler(100_000)}`,
      ),
    },
    {
      name: '5,000 literals, all in the text',
      rules: literals.map((name, at) =>
        benchRule({ kind: 'literal', text: `${name}(`, ignoreCase: at % 2 === 0 }, at),
      ),
      texts: several(20, (at) => `${at} ${literals.map((name) => `${name}(`).join(' ')}`),
    },
    {
      name: '5,000 literals, all in the text in another case',
      rules: literals.map((name, at) => benchRule({ kind: 'literal', text: name, ignoreCase: false }, at)),
      texts: several(20, (at) => `${at} ${all(literals).toUpperCase()} ${filler(100_000)}`),
    },
    {
      name: '500 literals inside one another',
      rules: Array.from({ length: 500 }, (_, at) =>
        benchRule({ kind: 'literal', text: 'a'.repeat(3 + at * 3), ignoreCase: false }, at),
      ),
      texts: several(100, (at) => 'a'.repeat(2_000 + at)),
    },
    {
      name: '1,000 lists of packages, all imported at the end',
      rules: packages.map((name, at) => benchRule({ kind: 'imports', packages: [name] }, at)),
      texts: several(
        5,
        (at) => `${[...names(4_000, `other${at}`), ...packages].map((name) => `import ${name}\n`).join('')}`,
      ),
    },
    {
      name: '1,000 lists of packages, lists that open inside one another',
      rules: packages.map((name, at) => benchRule({ kind: 'imports', packages: [name] }, at)),
      texts: several(20, (at) => `${at}\n${'from a import (\n'.repeat(6_000)}`),
    },
    {
      name: '1,000 lists of packages, commands inside one another',
      rules: packages.map((name, at) => benchRule({ kind: 'imports', packages: [name] }, at)),
      texts: several(10, (at) => `${at}\n${'npm i {a,b} '.repeat(8_000)} ${packages[at] ?? ''}`),
    },
    {
      name: '200 patterns that look at words and stay open, 100 KB in one line',
      rules: re2(open.map((name) => `${name}.*\\bnever_${name}[0-9]`)),
      texts: several(
        5,
        (at) => `${at} ${all(open)} ${filler(100_000)} ${all(open.map((name) => `never_${name}`))}`,
      ),
    },
    {
      name: '200 patterns whose strings come last, 100 KB in one line',
      rules: re2(open.map((name) => `[a-z]*${name}.*\\bnever_${name}[0-9]`)),
      texts: several(
        5,
        (at) => `${at} ${filler(100_000)} ${all(open)} ${all(open.map((name) => `never_${name}`))}`,
      ),
    },
    {
      name: '100 patterns that require no string',
      rules: re2(open.slice(0, 100).map((_, at) => `[a-z]{2,${4 + at}}[0-9]+[ab]*a[ab]{${at % 12}}c`)),
      texts: several(20, () => Array.from({ length: 20_000 }, () => pick(random, ['a', 'b', '0'])).join('')),
    },
    ...[
      ...['uv ', 'gem i a ', 'go get a npm i a pip install a ', 'npx a ', 'npm --a b ', 'gem \\\n i a a a '],
      ...['import (\n', 'use {', 'gem "a"', '@', 'import a\n', 'require("a")', 'a==1\n', '```\n', ' '],
    ].map((part) => ({
      name: `1,000 lists of packages, ${JSON.stringify(part)} over and over`,
      rules: packages.map((name, at) => benchRule({ kind: 'imports', packages: [name] }, at)),
      texts: several(10, (at) => ({
        language: null,
        completion: `${at}\n${part.repeat(40_000 / part.length)}\npip install ${packages[at] ?? ''}\n`,
      })),
    })),
    {
      name: '100,000 packages mentioned, words that begin as they do',
      rules: [{ ...packageCase(), matcher: { ...packageCase().matcher, find: 'mentioned' } } as Rule],
      texts: several(10, (at) => `evil-${at} evil-`.repeat(6_000)),
    },
    {
      name: 'an answer of JSON in JSON, and phrases in letters that look like others',
      rules: [
        benchRule({ kind: 'phrases', phrases: ['say nothing now'] }, 0),
        benchRule({ kind: 'any' }, 1, { mode: 'shadow' }),
      ],
      texts: several(10, (at) => `{"a":"{\\"b\\":\\"ѕау ꜱᴀʏ ｓａｙ s\u0336a\u0336y ${at}\\"}"}`.repeat(800)),
    },
    {
      name: '1,000 rules with phrases, all at the end',
      rules: phrases.map((name, at) => benchRule({ kind: 'phrases', phrases: [`say ${name} now`] }, at)),
      texts: several(20, () => `${filler(100_000)} ${phrases.map((name) => `say  ${name} now`).join(' ')}`),
    },
  ];
}

/** A rule that lists 100,000 packages. */
export const packageCase = (): Rule =>
  benchRule(
    { kind: 'imports', packages: Array.from({ length: 100_000 }, (_, at) => `evil-${at.toString(36)}`) },
    0,
  );
