/** Random RE2 patterns and texts that come near them, the same for the same seed. */
export type Random = () => number;

/** mulberry32: 0 to just under 1. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <T>(random: Random, list: readonly T[]): T =>
  list[Math.floor(random() * list.length)] as T;

const ATOMS = [
  ...[
    'a',
    'b',
    'k',
    's',
    'K',
    'S',
    'ab',
    'ks',
    'evil',
    'ß',
    'ſ',
    '\u212a',
    'Ω',
    'µ',
    'é',
    'ı',
    'İ',
    '😀',
    '中',
  ],
  ...['.', '\\w', '\\d', '\\s', '\\.', '[ab]', '[^a]', '[k-s]', '[[:alpha:]]', '\\pL', '\\x{1F600}', '[sS]'],
  ...[
    '^',
    '$',
    '\\b',
    '\\B',
    '\\A',
    '\\z',
    '(?i:k)',
    '(?i:ss)',
    '(?s:.)',
    '(?-i:K)',
    '\\Qa.b\\E',
    '(?:)',
    '𐐀',
  ],
];
const REPEATS = ['*', '+', '?', '*?', '+?', '??', '{2}', '{0,2}', '{1,3}', '{2,}', '{0}'];

export function randomPattern(random: Random, depth = 3): string {
  const kind = random();
  if (depth === 0 || kind < 0.25) return pick(random, ATOMS);
  if (kind < 0.65) {
    const parts = Array.from({ length: 2 + Math.floor(random() * 3) }, () =>
      randomPattern(random, depth - 1),
    );
    return parts.join('');
  }
  const group = pick(random, ['(', '(?:', '(?i:', '(?U:', '(?m:']);
  if (kind < 0.82) {
    const parts = Array.from({ length: 2 + Math.floor(random() * 3) }, () =>
      randomPattern(random, depth - 1),
    );
    return `${group}${parts.join('|')})`;
  }
  return `${group}${randomPattern(random, depth - 1)})${pick(random, REPEATS)}`;
}

const PIECES = [
  ...[
    'a',
    'b',
    'k',
    's',
    'K',
    'S',
    'A',
    'B',
    'evil',
    'EVIL',
    'ß',
    'ẞ',
    'ſ',
    '\u212a',
    'Ω',
    '\u2126',
    'ω',
    'µ',
  ],
  ...[
    'μ',
    'é',
    'É',
    'ı',
    'İ',
    'i',
    'I',
    '😀',
    '中',
    '1',
    ' ',
    '\n',
    '.',
    'a.b',
    '𐐀',
    '𐐨',
    '\ud83d',
    '\ude00',
  ],
];

export function randomText(random: Random, pieces = 12): string {
  return Array.from({ length: Math.floor(random() * pieces) }, () => pick(random, PIECES)).join('');
}
