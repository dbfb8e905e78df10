import type { CharacterClasses } from './character-classes.ts';
import type { Program } from './program.ts';

/**
 * A pattern as Glushkov's automaton in bits (Navarro & Raffinot 2002; the split into shifts and exceptions is
 * Hyperscan's, NSDI 2019): one bit for each instruction that reads a character, all ways at once in words of 32. However
 * many ways are open, a character costs the same.
 */
export interface BitSets {
  words: number;
  /** By class of characters, `words` each: the positions that read it. */
  reach: Int32Array;
  /** Which of the flags of a place matter. */
  asked: number;
  /** How sets follow each other at a place with these flags. */
  follow(flags: number): Follow;
  /** The bit of each instruction, -1 for those that read nothing. */
  positions: Int32Array;
  /** Units of work for one character, see `Work`. */
  units: number;
}

/** What follows positions that have read, at a place of one kind. */
export interface Follow {
  /** Positions where a match begins. */
  start: Int32Array;
  /** Positions behind which the next one may follow. */
  shift: Int32Array;
  /** Positions that may follow themselves. */
  loop: Int32Array;
  /** Positions behind which a match may end. */
  accept: Int32Array;
  /** Positions behind which something else may follow. */
  other: Int32Array;
  /** By word where its list in `jumps` begins; one more at the end. */
  begin: Int32Array;
  /** All else, by word: positions of it as bits, how many words follow these, and each of them as word and bits. */
  jumps: Int32Array;
}

/** More groups, or more that follows in all, are dearer in bits than one by one. */
const GROUPS = 64;
const FOLLOWS = 16;

/** Readers behind `node`, which is passed through, at a place with `flags`; -1 for the end of a match. */
function behind({ next, width, looks, end }: Program, from: readonly number[], flags: number): number[] {
  const stops: number[] = [];
  const seen = new Set(from);
  for (const node of seen) {
    if (width[node]) stops.push(node);
    else if (node === end) stops.push(-1);
    else if (((looks[node] as number) & ~flags) === 0) for (const to of next[node] ?? []) seen.add(to);
  }
  return stops;
}

const set = (words: Int32Array, bit: number) => {
  words[bit >> 5] = (words[bit >> 5] as number) | (1 << (bit & 31));
};

/** The words of a set of bits that are not empty, with their bits. */
function wordsOf(bits: readonly number[]): [word: number, bits: number][] {
  const words = new Map<number, number>();
  for (const bit of bits) words.set(bit >> 5, (words.get(bit >> 5) ?? 0) | (1 << (bit & 31)));
  return [...words];
}

interface Numbered {
  program: Program;
  nodes: readonly number[];
  positions: Int32Array;
  words: number;
}

/** Null where more follows than `most` in all, in more than `GROUPS` groups, or where a match may read nothing. */
function followAt(
  { program, nodes, positions, words }: Numbered,
  flags: number,
  most = Number.POSITIVE_INFINITY,
): Follow | null {
  const made = () => new Int32Array(words);
  const follow = {
    ...{ start: made(), shift: made(), loop: made(), accept: made() },
    ...{ other: made(), begin: new Int32Array(words + 1), jumps: made() },
  };
  for (const node of behind(program, [program.start], flags)) {
    if (node === -1) return null;
    set(follow.start, positions[node] as number);
  }
  const groups = new Map<string, { from: number[]; to: number[] }>();
  let left = most;
  for (const [bit, node] of nodes.entries()) {
    const to: number[] = [];
    for (const each of behind(program, program.next[node] ?? [], flags)) {
      const on = each === -1 ? -1 : (positions[each] as number);
      if (on === -1) set(follow.accept, bit);
      else if (on === bit) set(follow.loop, bit);
      else if (on === bit + 1) set(follow.shift, bit);
      else to.push(on);
    }
    left -= to.length;
    if (left < 0) return null;
    if (to.length === 0) continue;
    const key = to.sort((a, b) => a - b).join();
    const group = groups.get(key);
    if (group) group.from.push(bit);
    else groups.set(key, { from: [bit], to });
    if (groups.size > GROUPS && Number.isFinite(most)) return null;
  }
  const jumps: number[][] = Array.from({ length: words }, () => []);
  for (const { from, to } of groups.values()) {
    const targets = wordsOf(to);
    for (const [word, bits] of wordsOf(from)) {
      follow.other[word] = (follow.other[word] as number) | bits;
      jumps[word]?.push(bits, targets.length, ...targets.flat());
    }
  }
  follow.jumps = Int32Array.from(jumps.flat());
  for (const [word, list] of jumps.entries())
    follow.begin[word + 1] = (follow.begin[word] as number) + list.length;
  return follow;
}

/** Null for a pattern that is better followed way by way. */
export function bitSetsOf(program: Program, { count, table }: CharacterClasses): BitSets | null {
  const nodes = [...program.next.keys()].filter((node) => program.width[node] && program.next[node]?.length);
  const positions = new Int32Array(program.next.length).fill(-1);
  for (const [bit, node] of nodes.entries()) positions[node] = bit;
  const words = Math.max(1, Math.ceil(nodes.length / 32));
  const numbered = { program, nodes, positions, words };
  const asked = program.looks.reduce((all, each, node) => (program.next[node]?.length ? all | each : all), 0);
  // With all flags the most follows.
  const most = followAt(numbered, asked, FOLLOWS * program.next.length);
  if (!most) return null;
  const known: (Follow | undefined)[] = [];
  known[asked] = most;
  const reach = new Int32Array(count * words);
  for (const [bit, node] of nodes.entries()) {
    for (let each = 0; each < count; each++) {
      if (table[node * count + each] === 1) {
        const word = each * words + (bit >> 5);
        reach[word] = (reach[word] as number) | (1 << (bit & 31));
      }
    }
  }
  return {
    words,
    reach,
    asked,
    positions,
    units: 1 + Math.ceil((2 * words + most.jumps.length) / 16),
    follow: (flags) => {
      const key = flags & asked;
      let follow = known[key];
      if (!follow) known[key] = follow = followAt(numbered, key) ?? most;
      return follow;
    },
  };
}
