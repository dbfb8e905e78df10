import type { Rule } from '#sdk/rule';
import { type BenchText, benchRule, benchRules } from './engine-rules.ts';

export interface Hostile {
  name: string;
  rules: Rule[];
  texts: BenchText[];
}

const literalsOf = (rules: readonly Rule[]) =>
  rules.map(({ matcher }) => (matcher.kind === 'literal' ? matcher.text : ''));

const text = (completion: string): BenchText => ({ language: 'python', completion });

/** Texts and patterns made to be slow. */
export function hostileCases(texts: readonly BenchText[]): Hostile[] {
  const thousand = benchRules(1_000, texts);
  const literals = Array.from({ length: 5_000 }, (_, at) =>
    benchRule({ kind: 'literal', text: `lit_${(at * 7_919).toString(36)}(`, ignoreCase: at % 2 === 0 }, at),
  );
  const bait = ['(a+)+$', '(?:a|a)*b', '(?:x+x+)+y', '(?:.*.*.*)=z', '(?:[a-z]+)*[0-9]'].map((pattern, at) =>
    benchRule({ kind: 're2', pattern: `evil${pattern}`, ignoreCase: false }, at),
  );
  const nested = Array.from({ length: 500 }, (_, at) =>
    benchRule({ kind: 'literal', text: 'a'.repeat(3 + at * 3), ignoreCase: false }, at),
  );
  const line = texts
    .slice(0, 250)
    .map(({ completion }) => completion.replace(/\s+/g, ' '))
    .join('');
  const every = literalsOf(literals).join(' ');
  return [
    {
      name: '1,000 rules, 500 KB in one line',
      rules: thousand,
      texts: [text(line), text(line.slice(1)), text(line.slice(2))],
    },
    {
      name: '1,000 rules and ReDoS bait on its bait',
      rules: [...thousand, ...bait],
      texts: Array.from({ length: 50 }, (_, at) => text(`evil${'a'.repeat(2_000 + at)}`)),
    },
    {
      name: '5,000 literals, all in the text',
      rules: literals,
      texts: Array.from({ length: 5 }, (_, at) => text(`${at} ${every}`)),
    },
    {
      name: '500 literals inside one another',
      rules: nested,
      texts: Array.from({ length: 20 }, (_, at) => text('a'.repeat(2_000 + at))),
    },
  ];
}

/** A rule that lists 100,000 packages. */
export const packageCase = (): Rule =>
  benchRule(
    { kind: 'imports', packages: Array.from({ length: 100_000 }, (_, at) => `evil-${at.toString(36)}`) },
    0,
  );
