import type { Program } from './program.ts';

/** Units below are looked up, the others searched for. */
export const LATIN = 0x80;

/** The classes of characters that a program tells apart, and what each instruction reads of them. */
export interface CharacterClasses {
  count: number;
  /** By instruction and class: 1 where it reads the class. */
  table: Uint8Array;
  of(rune: number): number;
  /** The classes of the units below `LATIN`. */
  latin: Uint16Array;
  /** By unit below `LATIN` a bit for each of the first characters of a match, the lowest for the very first. */
  heads: Uint8Array;
  /** Whether a match can begin at `at`, by the next characters alone. */
  begins(text: string, at: number): boolean;
}

/** So many characters are looked at where a match may begin. */
const AHEAD = 4;

function headsOf({ start, end, next, width }: Program, table: Uint8Array, count: number, latin: Uint16Array) {
  const heads = new Uint8Array(LATIN);
  let from = [start];
  for (let place = 0; place < AHEAD; place++) {
    const bit = 1 << place;
    const readers: number[] = [];
    const seen = new Set(from);
    for (const node of seen) {
      // A match that ends here says nothing of what follows.
      if (node === end) return heads.map((each) => each | (0xff & ~(bit - 1)));
      if (width[node]) readers.push(node);
      else for (const to of next[node] ?? []) seen.add(to);
    }
    for (let unit = 0; unit < LATIN; unit++) {
      const each = latin[unit] as number;
      if (readers.some((node) => table[node * count + each] === 1))
        heads[unit] = (heads[unit] as number) | bit;
    }
    from = [...new Set(readers.flatMap((node) => next[node] ?? []))];
  }
  return heads;
}

export function classesOf(program: Program): CharacterClasses {
  const { bounds, next, width, reads } = program;
  const count = bounds.length + 1;
  const table = new Uint8Array(next.length * count);
  for (let node = 0; node < next.length; node++) {
    if (!width[node] || next[node]?.length === 0) continue;
    for (let each = 0; each < count; each++) {
      if (reads(node, each === 0 ? 0 : (bounds[each - 1] ?? 0))) table[node * count + each] = 1;
    }
  }
  const of = (rune: number) => {
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[middle] ?? 0) <= rune) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const latin = Uint16Array.from({ length: LATIN }, (_, unit) => of(unit));
  const heads = headsOf(program, table, count, latin);
  const begins = (text: string, at: number) => {
    for (let place = 0; place < AHEAD; place++) {
      const unit = text.charCodeAt(at + place);
      // Others, of which there are few, and what lies behind the end may be anything.
      if (!(unit < LATIN)) return true;
      if (((heads[unit] as number) & (1 << place)) === 0) return false;
    }
    return true;
  };
  return { count, table, of, latin, heads, begins };
}

const isWord = (unit: number) =>
  (unit >= 0x61 && unit <= 0x7a) ||
  (unit >= 0x41 && unit <= 0x5a) ||
  (unit >= 0x30 && unit <= 0x39) ||
  unit === 0x5f;

/** What holds at a place, in the bits of RE2's instructions: begin and end of line and text, word boundary or none. */
export function flagsAt(text: string, at: number): number {
  const before = at > 0 ? text.charCodeAt(at - 1) : -1;
  const behind = at < text.length ? text.charCodeAt(at) : -1;
  let flags = isWord(before) === isWord(behind) ? 0x20 : 0x10;
  if (before === -1) flags |= 0x05;
  else if (before === 0x0a) flags |= 0x01;
  if (behind === -1) flags |= 0x0a;
  else if (behind === 0x0a) flags |= 0x02;
  return flags;
}

const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800;
const isLow = (unit: number) => (unit & 0xfc00) === 0xdc00;

/** `at`, or the unit before it where it is between the halves of a character. */
export const wholeAt = (text: string, at: number) =>
  at > 0 && at < text.length && isLow(text.charCodeAt(at)) && isHigh(text.charCodeAt(at - 1)) ? at - 1 : at;
