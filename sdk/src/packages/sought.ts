import type { RuleMatcher } from '../rule.ts';
import { packageNameOf } from './entry.ts';
import { matchAt } from './lex.ts';

/** A stretch of a text that may be, or be part of, the name of a listed package. */
export interface Sighting {
  start: number;
  end: number;
}

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const WORD_AT = new RegExp(WORD.source, 'uy');
/** What stands between the words of one name; languages allow blanks around their own sign. */
const JOINT = /^(?:[-_.:/\\]{0,8}|\s{0,20}(?:\.|::)\s{0,20})$/;
const JOINT_AT = /(?:[-_.:/\\]{0,8}|\s{0,20}(?:\.|::)\s{0,20})(?=[\p{L}\p{M}\p{N}])/uy;
/** What may become such. */
const OPEN_JOINT = /^(?:[-_.:/\\]{0,8}|\s{0,20}(?:\.|:{1,2})?\s{0,20})$/;
/** Escapes of a string, and letters that a language takes for others (NFKC): any name may be behind them. */
const DISGUISED =
  /\\(?:[xuU][\da-fA-F{]|1[0-7]{2}|0?[4-7][0-7]|N\{L)|[\uFF01-\uFF5E\u2100-\u214F\u{1D400}-\u{1D7FF}]/gu;
const DISGUISE = new RegExp(DISGUISED.source, 'u');
const ESCAPE = /\\(?:[xuU]|N\{?|[01]?[0-7]?)$/;
/** No name has more words. */
const WORDS = 40;
/** Letters by which a word is told to begin no name. */
const HEAD = 3;

/** Units that may stand between words, blanks aside, and how many. */
const JOINS = [...'-_.:/\\'].map((sign) => sign.charCodeAt(0));
const JOINT_MAX = 44;

/** How many mixes of letters there are. */
const STARTS = 65_536;
const LETTERS = new Uint8Array(128);
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789') {
  LETTERS[letter.charCodeAt(0)] = 1;
}
let beyond: Uint8Array | undefined;
/** The units of words beyond ASCII, made when the first one is met. Half a pair is none: no name holds such letters. */
function beyondAscii(): Uint8Array {
  beyond ??= Uint8Array.from({ length: 65_536 }, (_, code) =>
    code > 127 && /[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(code)) ? 1 : 0,
  );
  return beyond;
}
const isLetter = (code: number) => (code > 127 ? beyondAscii()[code] === 1 : LETTERS[code] === 1);
/** Letters in either case are one; all others are told apart by `scan`. */
const step = (mix: number, code: number) => (mix * 41 + (code | 0x20)) & (STARTS - 1);
const mixed = (head: string) => {
  let mix = 0;
  for (let at = 0; at < head.length; at++) mix = step(mix, head.charCodeAt(at));
  return mix;
};

const keyOf = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '');

/** A name without its signs, and the last part of it, which stands in one piece however the rest is written. */
function keysOf(name: string): string[] {
  const parts = name.split(/[./:\\]+/).filter((part) => keyOf(part) !== '');
  const last = parts.at(-1) ?? '';
  const keys = [keyOf(name), keyOf(last)];
  // `npm create x` runs `create-x`, `npm create @s` runs `@s/create`.
  if (/^create-./i.test(last)) keys.push(keyOf(last.slice('create-'.length)));
  if (/^create$/i.test(last)) keys.push(keyOf(parts.at(-2) ?? ''));
  return keys.filter((key) => key !== '');
}

interface Sought {
  sightings: Sighting[];
  /** Something begins here that further text may make a name. */
  open: number;
}

/**
 * Where names of lists may stand in a text that grows: a cheap look that misses none, so that a text in which there is none
 * is never read. One look-up for most words, whatever the number of names.
 */
export class SoughtNames {
  /** In order, so that those which begin with some letters are one search. */
  readonly #keys: string[];
  readonly #heads: ReadonlySet<string>;
  /** The first letters of every key, mixed: most words are told by one look into it. */
  readonly #starts = new Uint8Array(STARTS);

  constructor(matchers: Iterable<RuleMatcher>, namesOf: (name: string) => readonly string[] = () => []) {
    const keys = new Set<string>();
    for (const matcher of matchers) {
      if (matcher.kind !== 'imports') continue;
      for (const item of matcher.packages) {
        const name = packageNameOf(item);
        for (const one of [name, ...namesOf(name)]) for (const key of keysOf(one)) keys.add(key);
      }
    }
    this.#keys = [...keys].sort();
    this.#heads = new Set(this.#keys.map((key) => key.slice(0, HEAD)));
    for (const head of this.#heads) this.#starts[mixed(head)] = 1;
  }

  /** The first key that is not before `text`. */
  #from(text: string): string | undefined {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as string) < text) low = middle + 1;
      else high = middle;
    }
    return this.#keys[low];
  }

  /** Whether a name may be in a whole text. */
  isIn(text: string): boolean {
    const { length } = text;
    for (let at = 0; at < length; at++) {
      if (!isLetter(text.charCodeAt(at))) continue;
      let mix = 0;
      let letters = 0;
      // A word may end before its third letter: it is joined to the next.
      let end = at;
      for (let to = at; letters < HEAD && to < length && to - end <= JOINT_MAX; to++) {
        const code = text.charCodeAt(to);
        if (!isLetter(code)) {
          if (this.#starts[mix] === 1 && to === end && this.#beginsAt(text, at)) return true;
          // Blanks beyond ASCII too may stand around a sign.
          if (code > 0x20 && code < 128 && !JOINS.includes(code)) break;
          continue;
        }
        mix = step(mix, code);
        letters++;
        end = to + 1;
      }
      if (this.#starts[mix] === 1 && this.#beginsAt(text, at)) return true;
      while (at < length && isLetter(text.charCodeAt(at))) at++;
    }
    return DISGUISE.test(text);
  }

  /** Whether one begins with the word at `at`. */
  #beginsAt(text: string, at: number): boolean {
    let key = '';
    let from = at;
    for (let words = 0; words < WORDS; words++) {
      const word = matchAt(WORD_AT, text, from)?.[0];
      if (word === undefined) return false;
      key += word.toLowerCase();
      const found = this.#from(key);
      if (found === key) return true;
      if (!found?.startsWith(key) || !matchAt(JOINT_AT, text, from + word.length)) return false;
      from = JOINT_AT.lastIndex;
    }
    return false;
  }

  /** What is certain in `text`; `inWord` says that its first word began before it. */
  scan(text: string, inWord: boolean, final: boolean): Sought {
    const words = [...text.matchAll(WORD)];
    const sightings: Sighting[] = [];
    let open = text.length;
    for (const [index, word] of words.entries()) {
      if (inWord && word.index === 0) continue;
      let key = '';
      for (let next = index; next < words.length && next < index + WORDS; next++) {
        const { 0: more, index: at } = words[next] as RegExpExecArray;
        const last = words[next - 1];
        if (next > index && last && !JOINT.test(text.slice(last.index + last[0].length, at))) break;
        key += more.toLowerCase();
        const end = at + more.length;
        const isWhole = final || end < text.length;
        if (isWhole && next === index && key.length >= HEAD && !this.#heads.has(key.slice(0, HEAD))) break;
        const found = this.#from(key);
        const longer = found === key ? this.#from(`${key}\u0000`) : found;
        if (isWhole && found === key) sightings.push({ start: word.index, end });
        const goesOn = longer?.startsWith(key) ?? false;
        const isLast = next === words.length - 1 && !final && OPEN_JOINT.test(text.slice(end));
        if ((isLast && goesOn) || (!isWhole && found?.startsWith(key))) open = Math.min(open, word.index);
        if (!goesOn || !isWhole) break;
      }
    }
    for (const { index, 0: sign } of text.matchAll(DISGUISED))
      sightings.push({ start: index, end: index + sign.length });
    if (!final) open = Math.min(open, text.length - (ESCAPE.exec(text.slice(-3))?.[0].length ?? 0));
    return { sightings: sightings.sort((a, b) => a.end - b.end || a.start - b.start), open };
  }
}
