import { expect, test } from 'vitest';
import { textMatcher } from '#sdk/engine';
import { dice } from '#tests/backtest-rows';
import { glanceOf } from './backtest-glance.ts';

const PARTS = [
  'ig',
  'nore',
  'IGNORE',
  ' ',
  '  ',
  '\n',
  '\t',
  '\u3000',
  '\u00a0',
  '\u200b',
  '\u00ad',
  'all',
  'ＡＬＬ',
  'e\u0301',
];
const MORE = [
  'é',
  '´',
  '\u0301',
  'ﬁ',
  'fi',
  'İ',
  'ı',
  'ſ',
  'S',
  '\u212a',
  'k',
  '🙂',
  '.',
  '\u0001',
  '\u007f',
  '\u0085',
  '\ufeff',
  '\u2800',
  'ẞ',
  'ß',
];

test('a glance never passes over a text that the engine hits, and passes over most others', () => {
  const random = dice(23);
  const parts = [...PARTS, ...MORE];
  const some = (most: number) =>
    Array.from({ length: 1 + random(most) }, () => parts[random(parts.length)] ?? '').join('');
  let [hits, passed, misses] = [0, 0, 0];
  for (let round = 0; round < 40_000; round++) {
    const text = some(14);
    const from = random(text.length);
    const phrase = random(3) === 0 ? some(3) : text.slice(from, from + 1 + random(8));
    if (phrase.trim() === '') continue;
    const matcher = { kind: 'phrases', phrases: [random(2) === 0 ? phrase.toUpperCase() : phrase] } as const;
    const given = { kind: matcher.kind, phrases: [...matcher.phrases] };
    const glanced = glanceOf(given)(text);
    if (textMatcher(given)(text).length > 0) {
      hits += 1;
      expect({ text, phrase, glanced }).toEqual({ text, phrase, glanced: true });
    } else {
      misses += 1;
      if (!glanced) passed += 1;
    }
  }
  expect(hits).toBeGreaterThan(5_000);
  expect(passed / misses).toBeGreaterThan(0.5);
});

test('of plain texts it passes over exactly those that are not hit', () => {
  const matcher = { kind: 'phrases' as const, phrases: ['as ok no'] };
  for (const text of ['as ok no', 'AS  OK\n\nno!', 'no as ok', 'asok no', '']) {
    expect({ text, glance: glanceOf(matcher)(text) }).toEqual({
      text,
      glance: textMatcher(matcher)(text).length > 0,
    });
  }
});
