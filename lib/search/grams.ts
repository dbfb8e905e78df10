import { foldCase } from '#sdk/match';
import { normalize } from '#sdk/phrases';

/** Three neighbouring ASCII characters, case folded, as a number below `GRAMS`. */
export const GRAMS = 64 ** 3;

const OTHER = 63;
const RARE = '!%&*+,;?@[]^`{|}~\\$#';

/**
 * One of 64 classes for each ASCII character; letters of both cases are one, and what seldom tells texts apart shares
 * one. Zero for all other characters: a piece never spans one of those.
 */
const CLASSES = (() => {
  const classes = new Uint8Array(128).fill(OTHER);
  let next = 1;
  const give = (character: string) => {
    classes[character.charCodeAt(0)] = next;
    classes[character.toUpperCase().charCodeAt(0)] = next;
    next += 1;
  };
  for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789') give(character);
  for (const character of ' \n_.()\'"/:=-<>') give(character);
  // Pairs of the rest share a class.
  for (let index = 0; index < RARE.length; index += 2) {
    classes[RARE.charCodeAt(index)] = next;
    if (index + 1 < RARE.length) classes[RARE.charCodeAt(index + 1)] = next;
    next += 1;
  }
  if (next > OTHER) throw new Error('more classes than fit');
  return classes;
})();

const UNKNOWN = 255;

/** The same for every UTF-16 unit, filled as they are met. */
const CLASS_OF = (() => {
  const classes = new Uint8Array(65_536).fill(UNKNOWN);
  classes.set(CLASSES);
  return classes;
})();

/** Characters whose simple folding is ASCII (K, ſ) count as what they fold to. */
function learn(code: number): number {
  const folded = foldCase(String.fromCharCode(code)).charCodeAt(0);
  const found = folded < 128 ? (CLASSES[folded] ?? 0) : 0;
  CLASS_OF[code] = found;
  return found;
}

/** Calls `visit` for every piece of the text, also more than once for the same. */
function eachGram(text: string, visit: (gram: number) => void): void {
  let first = 0;
  let second = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    let third = CLASS_OF[code] ?? 0;
    if (third === UNKNOWN) third = learn(code);
    if (first > 0 && second > 0 && third > 0) visit((first << 12) | (second << 6) | third);
    first = second;
    second = third;
  }
}

// What normalising changes, with as much around it as a piece that it changes can reach.
const BEYOND_ASCII = /[\0-\x7f]{0,3}[^\0-\x7f]+(?:[\0-\x7f]{1,6}[^\0-\x7f]+)*[\0-\x7f]{0,3}/g;

/** The pieces of a stored text, as sent and as phrases are looked for in it. */
export function visitGrams(text: string, visit: (gram: number) => void): void {
  eachGram(text, visit);
  for (const [around] of text.matchAll(BEYOND_ASCII)) eachGram(normalize(around).text, visit);
}

/**
 * The pieces that every text has which holds this string in whatever case. White space counts for nothing, because
 * phrases are found across any of it. Empty for a string that says nothing.
 */
export function gramsOf(literal: string): number[] {
  const grams = new Set<number>();
  for (const word of foldCase(literal).split(/\s+/)) eachGram(word, (gram) => grams.add(gram));
  return [...grams];
}
