import { describe, expect, test } from 'vitest';
import { Subject } from '../match.ts';
import { normalize, phrasesMatcher } from '../phrases.ts';
import { judgePieces } from '../testing/chunks.ts';
import { FOLD_CASES, points } from '../testing/folds.ts';
import { makeRule } from '../testing/rules.ts';
import {
  classOf,
  FILLERS,
  fold,
  foldTable,
  INVISIBLE,
  LOOKALIKES,
  MARKS,
  type Range,
  WHITE_SPACE,
} from './characters.ts';

const isIn = (list: readonly Range[], point: number) =>
  list.some(([first, last]) => point >= first && point <= last);

describe('the tables', () => {
  test('have every default-ignorable code point and all white space of Unicode, and nothing twice', () => {
    const wrong: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const character = String.fromCodePoint(point);
      const ignorable = /\p{Default_Ignorable_Code_Point}/u.test(character);
      const gone = isIn(INVISIBLE, point) || isIn(FILLERS, point);
      if (ignorable && !gone) wrong.push(`U+${point.toString(16)} is ignorable`);
      if (/\p{White_Space}/u.test(character) !== isIn(WHITE_SPACE, point))
        wrong.push(`U+${point.toString(16)} white space`);
      const times = [INVISIBLE, FILLERS, WHITE_SPACE, MARKS].filter((list) => isIn(list, point)).length;
      if (times > 1 || (times > 0 && LOOKALIKES.has(character))) wrong.push(`U+${point.toString(16)} twice`);
    }
    expect(wrong).toEqual([]);
  });

  test('fold to what folds no further, in both cases alike but for two Greek letters', () => {
    const odd: string[] = [];
    for (const [character, folded] of Object.entries(foldTable())) {
      if ([...folded].map(fold).join('') !== folded) odd.push(`${character} again`);
    }
    for (const character of LOOKALIKES.keys()) {
      if (fold(character) !== fold(character.toLowerCase())) odd.push(character);
    }
    expect(odd).toEqual(['Ν', 'Υ']);
  });

  test('as a class of RE2 and of JavaScript name the same characters', () => {
    expect(
      classOf(
        [
          [0xad, 0xad],
          [0xe0000, 0xe0fff],
        ],
        're2',
      ),
    ).toBe('\\x{ad}\\x{e0000}-\\x{e0fff}');
    expect('a\u00adb').toMatch(new RegExp(`^a[${classOf(INVISIBLE)}]b$`, 'u'));
  });
});

describe('a phrase is found', () => {
  test.each(FOLD_CASES.filter(({ hit }) => hit))('$name', ({ phrase, text }) => {
    const subject = new Subject(text);
    const [span] = phrasesMatcher([phrase])(subject);
    expect(span, normalize(text).text).toBeDefined();
    // The same in a stream, character by character.
    const rule = makeRule({
      matcher: { kind: 'phrases', phrases: [phrase] },
      tests: { mustMatch: [{ text: phrase }], mustNotMatch: [] },
    });
    const { decision, text: released } = judgePieces([rule], [...`before ${text} after`]);
    expect(decision.verdict).toBe('block');
    expect('before ').toContain(normalize(released).text);
  });

  test.each(FOLD_CASES.filter(({ hit }) => !hit))('but not in $name', ({ phrase, text }) => {
    expect(phrasesMatcher([phrase])(new Subject(text))).toEqual([]);
  });
});

test('every invisible character, mark and blank between or inside words hides nothing', () => {
  const find = phrasesMatcher(['ignore previous rules']);
  const missed: string[] = [];
  for (const point of points([...INVISIBLE, ...MARKS])) {
    const c = String.fromCodePoint(point);
    const text = `ig${c}nore${c} previous ${c}ru${c}${c}les`;
    if (find(new Subject(text)).length !== 1) missed.push(`U+${point.toString(16)}`);
  }
  for (const point of points([...WHITE_SPACE, ...FILLERS])) {
    const c = String.fromCodePoint(point);
    if (find(new Subject(`ignore${c}previous${c} ${c}rules`)).length !== 1)
      missed.push(`U+${point.toString(16)}`);
  }
  expect(missed).toEqual([]);
});

test('every look-alike stands for its letter', () => {
  const missed = [...LOOKALIKES].filter(
    ([character, ascii]) => phrasesMatcher([`x${ascii}y`])(new Subject(`X${character}Y`)).length !== 1,
  );
  expect(missed).toEqual([]);
});

test('marks and invisible characters without end cost no more than their length', () => {
  for (const c of ['\u0301', '\u200b', '\u{e0041}', '\u3164', '\ufdfa']) {
    const { text } = normalize(`a${c.repeat(200_000)}b`);
    expect(text.startsWith('a')).toBe(true);
  }
});
