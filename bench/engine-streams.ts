import type { Rule } from '#sdk/rule';
import type { StreamSet } from '#sdk/stream-set';
import { judgePieces, streamSet } from '#sdk/testing/chunks';
import { type BenchText, benchRule, benchRules } from './engine-rules.ts';
import { quantile } from './quantile.ts';

/** Answers in so many characters, and pieces as models send them, as proxies do, and at once. */
const SIZE = 200_000;
const PIECES = [16, 256, 4_096];
const ROUNDS = 9;

const round = (value: number) => Number(value.toPrecision(3));

function workUs(set: StreamSet, text: string, piece: number): number {
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${piece}}`, 'g')) ?? [];
  const before = process.cpuUsage();
  judgePieces(set, pieces, { json: true });
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The same words as plain text, as a list of short strings, and as objects with names that come again. */
function answers(texts: readonly BenchText[]): { plain: string; json: Record<string, string> } {
  const words = texts
    .map(({ completion }) => completion)
    .join(' ')
    .slice(0, SIZE)
    .split(/\s+/);
  const cut = (count: number) =>
    Array.from({ length: Math.ceil(words.length / count) }, (_, at) =>
      words.slice(at * count, (at + 1) * count).join(' '),
    );
  const rows = cut(6).map((text, id) => ({ id, name: text.slice(0, 12), text }));
  return {
    plain: words.join(' ').replaceAll('"', "'").slice(0, SIZE),
    json: {
      'strings of a word': JSON.stringify(cut(1)).slice(0, SIZE),
      'strings of four words': JSON.stringify(cut(4)).slice(0, SIZE),
      'objects of one shape': JSON.stringify(rows).slice(0, SIZE),
      'objects in a string': JSON.stringify(JSON.stringify(rows)).slice(0, SIZE),
      'strings of 100 words': JSON.stringify(cut(100)).slice(0, SIZE),
    },
  };
}

/** Rules that are looked for in other ways than by patterns. */
const otherRules = (): Rule[] => [
  ...Array.from({ length: 50 }, (_, at) =>
    benchRule({ kind: 'phrases', phrases: [`say phrase ${at} now`] }, at),
  ),
  ...Array.from({ length: 50 }, (_, at) => benchRule({ kind: 'imports', packages: [`package-${at}`] }, at)),
];

/**
 * What streamed JSON of short strings costs beside plain text of as many characters, in turns in one process: medians of
 * the processor time per KB, and of the ratios.
 */
export function streamStages(texts: readonly BenchText[]) {
  const { plain, json } = answers(texts);
  const patterns = benchRules(1_000, texts);
  // What an enforced block would end is to be read to its end.
  const flags = (rules: Rule[]) => rules.map((rule): Rule => ({ ...rule, action: 'flag' }));
  const sets = {
    '1,000 patterns': streamSet(flags(patterns)),
    '900 patterns, 50 phrases, 50 lists': streamSet(flags([...patterns.slice(0, 900), ...otherRules()])),
  };
  return Object.entries(sets).flatMap(([rules, set]) =>
    PIECES.flatMap((piece) => {
      console.error(`streams: ${rules}, pieces of ${piece}`);
      const samples = Array.from({ length: ROUNDS + 2 }, () => ({
        plain: workUs(set, plain, piece),
        json: Object.values(json).map((text) => workUs(set, text, piece)),
      })).slice(2);
      const perKb = (of: number[]) => round(((quantile(of, 0.5) ?? 0) / SIZE) * 1_024);
      return Object.keys(json).map((name, at) => ({
        rules,
        piece,
        name,
        plainUsPerKb: perKb(samples.map((each) => each.plain)),
        usPerKb: perKb(samples.map((each) => each.json[at] ?? 0)),
        timesPlain: round(
          quantile(
            samples.map((each) => (each.json[at] ?? 0) / each.plain),
            0.5,
          ) ?? 0,
        ),
      }));
    }),
  );
}
