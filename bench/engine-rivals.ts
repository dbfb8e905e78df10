import { Engine } from 'json-rules-engine';
import { RE2JS, RE2Set } from 're2js';
import type { Rule } from '#sdk/rule';

/** Says which rules hit a text, by their places. */
export interface Rival {
  name: string;
  /** Texts to run it over at most: the slow ones see fewer. */
  texts: number;
  hits: (text: string) => number[] | Promise<number[]>;
}

const patternOf = ({ matcher }: Rule) => (matcher.kind === 're2' ? matcher.pattern : '');

/** RE2's leading flags as JavaScript has them. */
function toRegExp(pattern: string): RegExp {
  const flags = /^\(\?([im]+)\)/.exec(pattern);
  return new RegExp(pattern.slice(flags?.[0].length ?? 0), flags?.[1] ?? '');
}

const places = (tests: readonly boolean[]) => tests.flatMap((hit, place) => (hit ? place : []));

export function rivals(rules: readonly Rule[]): Rival[] {
  const patterns = rules.map(patternOf);
  const fewer = (most: number) => Math.max(5, Math.round((most * 100) / Math.max(100, rules.length)));
  const expressions = patterns.map(toRegExp);
  const compiled = patterns.map((pattern) => RE2JS.compile(pattern));
  const set = new RE2Set();
  for (const pattern of patterns) set.add(pattern);
  set.compile();
  const engine = new Engine([], { allowUndefinedFacts: false });
  engine.addOperator('matches', (text: string, place: number) => expressions[place]?.test(text) ?? false);
  for (const place of patterns.keys()) {
    engine.addRule({
      conditions: { all: [{ fact: 'text', operator: 'matches', value: place }] },
      event: { type: String(place) },
    });
  }
  return [
    {
      name: 'jsRegExpLoop',
      texts: 1_000,
      hits: (text) => places(expressions.map((expression) => expression.test(text))),
    },
    {
      name: 're2jsOneByOne',
      texts: fewer(300),
      hits: (text) => places(compiled.map((each) => each.test(text))),
    },
    { name: 're2Set', texts: fewer(300), hits: (text) => set.match(text) },
    {
      name: 'jsonRulesEngine',
      texts: fewer(300),
      hits: async (text) =>
        (await engine.run({ text })).events.map(({ type }) => Number(type)).sort((a, b) => a - b),
    },
  ];
}
