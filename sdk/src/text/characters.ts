// Characters that hide what a text says: invisible, blank, stacked on others, or looking like a letter of ASCII. The one
// table of the SDK's phrases, the sidecar, the OPA policy (as data) and the display of flagged texts.

/** First and last code point. */
export type Range = readonly [number, number];

const ranges = (list: string): readonly Range[] =>
  list.split(' ').map((range) => {
    const [first = '', last = first] = range.split('-');
    return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
  });

/**
 * Shown as nothing: Default_Ignorable_Code_Point of Unicode 17 (DerivedCoreProperties.txt) without the fillers below,
 * the interlinear annotations, and control characters that are no white space.
 */
export const INVISIBLE = ranges(
  '0-8 e-1f 7f-84 86-9f ad 34f 61c 17b4-17b5 180b-180f 200b-200f 202a-202e 2060-206f fe00-fe0f feff fff0-fffb 1bca0-1bca3 1d173-1d17a e0000-e0fff',
);

/** Shown as a blank of some width though no white space: the Hangul fillers and the empty Braille pattern. */
export const FILLERS = ranges('115f-1160 2800 3164 ffa0');

/** White_Space of Unicode 17 (PropList.txt). */
export const WHITE_SPACE = ranges('9-d 20 85 a0 1680 2000-200a 2028-2029 202f 205f 3000');

/** Marks of no script of their own that are stacked on any letter (the blocks of combining diacritical marks). */
export const MARKS = ranges('300-34e 350-36f 1ab0-1aff 1dc0-1dff 20d0-20ff fe20-fe2f');

/**
 * Letters that look like one of ASCII, by that letter: the Latin, Greek, Cyrillic, Armenian, Cherokee, Coptic and Lisu ones
 * of confusables.txt (UTS #39), each with the other case where the source has but one, small capitals, and letters with
 * a stroke. What NFKD makes ASCII by itself (full width, mathematical, circled) is not listed.
 */
const LETTERS: Readonly<Record<string, string>> = {
  a: '251 391 3b1 410 430 13aa 1d00 a4ee ab7a',
  b: '184 185 299 392 3b2 412 42c 432 44c 13cf 13f4 13fc a4d0 a7b4 a7b5 ab9f',
  c: '3f2 3f9 421 441 13df 1d04 2ca4 2ca5 a4da abaf',
  d: '110 111 501 13a0 13e7 1d05 a4d2 a4d3 ab70 abb7',
  e: '395 3b5 415 435 4bd 13ac 1d07 a4f0 ab32 ab7c',
  f: '3dc 3dd 584 1e9d a4dd a730 a798 a799 ab35',
  g: '18d 261 262 50c 50d 581 13c0 13f3 13fb 1d83 a4d6 ab90',
  h: '126 127 29c 397 3b7 41d 43d 4bb 570 13bb 13c2 2c8e 2c8f a4e7 ab8b ab92',
  i: '131 196 269 26a 399 3b9 406 456 4c0 4cf 13a5 1fbe 2c92 2c93 a4f2 a647 ab75',
  j: '29d 37f 3f3 408 458 13ab 1d0a a4d9 a7b2 ab7b',
  k: '39a 3ba 41a 43a 13e6 1d0b 2c94 2c95 a4d7 abb6',
  l: '141 142 1c0 29f 13de 2cd0 2cd1 a4e1 abae',
  m: '39c 3bc 3fa 3fb 41c 43c 13b7 1d0d 2c98 2c99 a4df ab87',
  n: '274 39d 578 57c 2c9a 2c9b a4e0',
  o: 'd8 f8 39f 3bf 3c2 3c3 41e 43e 555 585 1d0f 1d11 2c9e 2c9f a4f3 ab3d',
  p: '3a1 3c1 3f1 420 440 13e2 1d18 2ca2 2ca3 a4d1 abb2',
  q: '51b 563 566',
  r: '1a6 280 433 13a1 13d2 1d26 2c85 a4e3 ab47 ab48 ab71 ab81 aba2',
  s: '1bd 405 455 54f 57f 13d5 13da a4e2 a731 aba5 abaa',
  t: '166 167 3a4 3c4 422 442 13a2 1d1b 2ca6 2ca7 a4d4 ab72',
  u: '28b 3c5 54d 57d 1d1c a4f4 a79f ab4e ab52',
  v: '3bd 474 475 13d9 1d20 a4e6 aba9',
  w: '26f 461 51c 51d 561 13b3 13d4 1d21 a4ea ab83 aba4',
  x: '3a7 3c7 425 445 2cac 2cad a4eb a7b3 ab53',
  y: '263 28f 3a5 3b3 3d2 423 443 4ae 4af 13a9 13bd 1d8c 1eff 2ca8 2ca9 a4ec ab5a ab79 ab8d',
  z: '396 3b6 13c3 1d22 a4dc ab93 102f5',
};

/** Rows of 26 letters without a decomposition: negative circled, negative squared, regional indicators. */
const ALPHABETS = [0x1f150, 0x1f170, 0x1f1e6];

/** Punctuation that stands for one of ASCII. */
const PUNCTUATION: Readonly<Record<string, string>> = {
  '-': '2010-2015 2212 2e3a-2e3b fe58 ff0d',
  "'": '2b9-2bc 2018-201b 2032 55a ff07',
  '"': '201c-201f 2033 ff02',
  '/': '2044 2215 29f8',
};

const pointsOf = (list: string) =>
  ranges(list).flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));

/** What each look-alike is read as: one character of ASCII, small. */
export const LOOKALIKES: ReadonlyMap<string, string> = new Map([
  ...[...Object.entries(LETTERS), ...Object.entries(PUNCTUATION)].flatMap(([ascii, list]) =>
    pointsOf(list).map((point) => [String.fromCodePoint(point), ascii] as const),
  ),
  ...ALPHABETS.flatMap((start) =>
    Array.from(
      { length: 26 },
      (_, at) => [String.fromCodePoint(start + at), String.fromCharCode(97 + at)] as const,
    ),
  ),
]);

/** The inside of a character class, as JavaScript (with the flag `u`) reads it, or RE2. */
export const classOf = (list: readonly Range[], syntax: 'js' | 're2' = 'js'): string =>
  list
    .map((range) => {
      const [first, last] = range.map((point) => `\\${syntax === 'js' ? 'u' : 'x'}{${point.toString(16)}}`);
      return first === last ? first : `${first}-${last}`;
    })
    .join('');

const GONE = new RegExp(`[${classOf([...INVISIBLE, ...MARKS])}]`, 'gu');
const BLANK = new RegExp(`[${classOf([...WHITE_SPACE, ...FILLERS])}]`, 'gu');

function small(character: string): string {
  const known = LOOKALIKES.get(character);
  if (known !== undefined) return known;
  const lower = character.toLowerCase();
  return LOOKALIKES.get(lower) ?? lower;
}

/**
 * What phrases are compared by: without what is invisible or stacked on letters, every blank as one kind, compatibility
 * forms, case and look-alikes folded. Of one character with the marks that follow it.
 */
export function fold(cluster: string): string {
  const seen = Array.from(cluster.replace(BLANK, ' '), (character) => LOOKALIKES.get(character) ?? character);
  const plain = seen.join('').normalize('NFKD').replace(GONE, '').replace(BLANK, ' ');
  return Array.from(plain, small).join('').normalize('NFKD').replace(GONE, '').normalize('NFKC');
}

/** The last code point that folds to anything but itself, the tags aside, which are invisible. */
const LAST_FOLDED = 0x2fa1f;

/** Every character beyond ASCII that folds to another by itself, for engines that cannot fold. Unicode as Node knows it. */
export function foldTable(): Record<string, string> {
  const table: Record<string, string> = {};
  for (let point = 0x80; point <= LAST_FOLDED; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const character = String.fromCodePoint(point);
    const isPlain = character.toLowerCase() === character && character.normalize('NFKD') === character;
    if (isPlain && !LOOKALIKES.has(character)) continue;
    const folded = fold(character);
    if (folded !== character) table[character] = folded;
  }
  return table;
}
