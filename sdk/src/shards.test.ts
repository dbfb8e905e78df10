import { expect, test } from 'vitest';
import { textMatcher } from './match.ts';
import { createShards } from './shards.ts';
import { pick, randomFrom } from './testing/patterns.ts';

const matcher = (pattern: string, ignoreCase = false) => ({ kind: 're2', pattern, ignoreCase }) as const;

test('a text that asks for a state at each character gets the verdicts of the patterns one by one', () => {
  const random = randomFrom(5);
  const patterns = [
    ...Array.from({ length: 20 }, (_, at) => matcher(`[a-z]{2,${4 + at}}[0-9]+[ab]*a[ab]{${at}}c`)),
    ...['^[ab0]', '[ab]$', '\\b[0a]{2}\\b', '(?:x|[0b])?', '[A-F]{3}0'].map((each) => matcher(each, true)),
  ];
  const [shard] = createShards(patterns.map((each, place) => ({ place, matcher: each })));
  const finds = patterns.map((each) => textMatcher(each));
  const text = (length: number) =>
    Array.from({ length }, () => pick(random, ['a', 'b', '0', '0a', 'B', ' ', 'c'])).join('');
  // The long ones are beyond what a pass may make, the short ones are not, before them and behind them.
  for (const length of [10, 50, 3_000, 20, 3_000, 100, 10]) {
    const given = text(length);
    const hits = finds.flatMap((find, place) => (find(given).length > 0 ? [place] : []));
    const told = new Set(shard?.scan(given));
    expect(hits.filter((place) => !told.has(place))).toEqual([]);
    // What may match a place without text is always told.
    expect([...told].filter((place) => place !== 23 && !hits.includes(place))).toEqual([]);
  }
});
