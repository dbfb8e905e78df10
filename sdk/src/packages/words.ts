/**
 * A text as the words that names of packages are made of: runs of letters and digits, and what joins each to the one before
 * it. Names are looked for word by word, so that case, `-`, `_` and `.` are folded on the way, and a name never begins or
 * ends inside of a word.
 */
export interface Words {
  readonly text: string;
  readonly count: number;
  /** UTF-16 offsets, end exclusive. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** FNV-1a of the word in lower case. */
  readonly hashes: Int32Array;
  /** What joins the word to the one before it. */
  readonly joints: Uint16Array;
}

/** Nothing joins it: white space, quotes, several signs. */
export const APART = 0;
/** `-`, `_`, `.` and runs of them, which PyPI takes for one; the second has a dot in it. */
export const DASH = 1;
export const DOT = 2;
/** `/` and `\`, in a URL `%2F`, in a folder `+`. */
export const SLASH = 3;
/** `:` and `::`. */
export const COLON = 4;
/** `@`, in a URL `%40`. */
const AT = 5;
/** Any other single sign is itself, from here on. */
const OTHER = 16;

/** A longer run of signs joins nothing; with `%2F` for one sign. */
export const JOINT_MAX = 8;

/** 1 for a digit, 2 for a letter, of ASCII; names of packages have no others. */
const KINDS = new Uint8Array(128);
for (let unit = 0x30; unit <= 0x39; unit++) KINDS[unit] = 1;
for (let unit = 0x41; unit <= 0x5a; unit++) KINDS[unit] = 2;
for (let unit = 0x61; unit <= 0x7a; unit++) KINDS[unit] = 2;

export const isWordUnit = (unit: number): boolean => unit < 128 && KINDS[unit] !== 0;

/**
 * Letters, in the syntax of JavaScript and of RE2, that go on in a word beside ASCII: no registry has them in a name.
 * Scripts that are written without blanks, or put particles on foreign words, are not among them.
 */
export const LETTERS_BEYOND =
  '\\p{Latin}\\p{Greek}\\p{Cyrillic}\\p{Armenian}\\p{Georgian}\\x{0300}-\\x{036f}';
const LETTER = new RegExp(`[${LETTERS_BEYOND.replace(/p\{/g, 'p{Script=').replace(/x\{/g, 'u{')}]`, 'u');

/** Whether a unit beside a word of ASCII belongs to it. */
export const isLetterBeyond = (unit: number): boolean => unit > 127 && LETTER.test(String.fromCharCode(unit));

/** Signs that a joint of several may begin and end with; `%2F` ends with what else is a word. */
const JOINS = new Uint8Array(128);
for (const sign of '-_./\\:@%') JOINS[sign.charCodeAt(0)] = 1;

const ESCAPED: ReadonlySet<string> = new Set(['n', 'r', 't']);

/** The joint in `text` from `from` to `to`, between two words. */
function jointOf(text: string, from: number, to: number): number {
  const length = to - from;
  if (length === 0 || length > JOINT_MAX) return APART;
  const first = text.charCodeAt(from);
  if (length === 1) {
    if (first === 0x2d || first === 0x5f) return DASH;
    if (first === 0x2e) return DOT;
    // pnpm's folders write `@scope+name`.
    if (first === 0x2f || first === 0x5c || first === 0x2b) return SLASH;
    if (first === 0x3a) return COLON;
    if (first === 0x40) return AT;
    return first <= 0x20 || first > 0x7e ? APART : OTHER + first;
  }
  // Nearly all that joins nothing begins or ends with white space, a quote or a bracket.
  const last = text.charCodeAt(to - 1);
  if (first >= 128 || last >= 128 || JOINS[first] === 0 || (JOINS[last] === 0 && !isWordUnit(last)))
    return APART;
  const joint = text.slice(from, to);
  if (/^[-_.]+$/.test(joint)) return joint.includes('.') ? DOT : DASH;
  if (/^[/\\]+$/.test(joint)) return SLASH;
  if (/^:+$/.test(joint)) return COLON;
  if (/^%2f$/i.test(joint)) return SLASH;
  if (/^\/?(?:@|%40)$/.test(joint)) return AT;
  return APART;
}

/** Linear in the length of the text. */
export function wordsOf(text: string): Words {
  const most = (text.length >> 1) + 1;
  const starts = new Int32Array(most);
  const ends = new Int32Array(most);
  const hashes = new Int32Array(most);
  const joints = new Uint16Array(most);
  let count = 0;
  let last = 0;
  for (let at = 0; at < text.length; at++) {
    let unit = text.charCodeAt(at);
    if (unit >= 128 || KINDS[unit] === 0) {
      // `%40` and `%2F` are signs; `\n` in the quotes of a language is a line's end.
      if (unit === 0x25 && /^[0-9a-f]{2}/i.test(text.slice(at + 1, at + 3))) at += 2;
      else if (unit === 0x5c && ESCAPED.has(text[at + 1] ?? '') && text.charCodeAt(at - 1) !== 0x5c) at++;
      continue;
    }
    starts[count] = at;
    joints[count] = count === 0 ? APART : jointOf(text, last, at);
    let hash = 0x811c9dc5;
    do {
      hash = Math.imul(hash ^ (unit >= 0x41 && unit <= 0x5a ? unit | 0x20 : unit), 0x01000193);
      unit = text.charCodeAt(++at);
    } while (unit < 128 && KINDS[unit] !== 0);
    ends[count] = at;
    hashes[count] = hash;
    count++;
    last = at;
    at--;
  }
  return { text, count, starts, ends, hashes, joints };
}
