import { describe, expect, test } from 'vitest';
import { Subject } from './match.ts';
import { normalize, phrasesMatcher } from './phrases.ts';
import { pick, randomFrom } from './testing/patterns.ts';
import { fold } from './text/characters.ts';

/** The definition, character by character, without any short cut. */
function plainly(text: string, blankBefore: boolean) {
  let blank = blankBefore;
  let out = '';
  const offsets: number[] = [];
  let at = 0;
  for (const [cluster] of text.matchAll(/\P{M}\p{M}{0,32}|\p{M}/gsu)) {
    const start = at;
    at += cluster.length;
    for (const made of fold(cluster).split('')) {
      if (made === ' ' && blank) continue;
      blank = made === ' ';
      out += made;
      offsets.push(start);
    }
  }
  return { text: out, offsets: [...offsets, at] };
}

const PIECES = [
  ...[
    'a',
    'Z',
    '0',
    ' ',
    '\n',
    '\t\t',
    '\v',
    '\u00a0',
    '\u0301',
    'e\u0301',
    '\u200b',
    '\u00ad',
    'ﷺ',
    'ﬀ',
    'Ａ',
    'İ',
  ],
  ...[
    '😀',
    '\ud83d',
    '\ude00',
    '\u{e0041}',
    '中',
    '\u0000',
    '\u007f',
    '\u1100\u1161',
    '\u2028',
    '\ufeff',
    '½',
  ],
];

describe('normalising', () => {
  test.each([1, 2, 3])('is what its definition says, seed %i', (seed) => {
    const random = randomFrom(seed);
    for (let round = 0; round < 4_000; round++) {
      const pieces = random() < 0.3 ? PIECES.slice(0, 7) : PIECES;
      const text = Array.from({ length: Math.floor(random() * 20) }, () => pick(random, pieces)).join('');
      const blank = random() < 0.5;
      const { text: made, offsets } = normalize(text, blank);
      expect({ text: made, offsets: [...offsets] }).toEqual(plainly(text, blank));
    }
  });

  test('one character that becomes many, many times', () => {
    const { text, offsets } = normalize('ﷺ'.repeat(500));
    expect(text).toBe(plainly('ﷺ'.repeat(500), true).text);
    expect(offsets).toHaveLength(text.length + 1);
  });
});

test('many phrases at once find what each finds alone', () => {
  const random = randomFrom(9);
  const word = () =>
    Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(random, ['a', 'b', 'c d'])).join('');
  const phrases = Array.from({ length: 80 }, word);
  const many = phrasesMatcher(phrases);
  for (let round = 0; round < 60; round++) {
    const subject = new Subject(Array.from({ length: 12 }, word).join(' '));
    const alone = [...new Set(phrases.map((phrase) => normalize(phrase).text.trim()))].flatMap((phrase) =>
      phrasesMatcher([phrase])(subject),
    );
    expect(many(subject)).toEqual(alone.sort((a, b) => a.start - b.start || a.end - b.end));
  }
});
