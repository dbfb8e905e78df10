import { foldTable, unfoldTable } from './fold.ts';

/**
 * Aho-Corasick over case-folded strings: one table look-up per character of the text, whatever the number of strings
 * and whatever the text. What it says is necessary, not sufficient: long strings are looked for by a part of them, and
 * rare characters may share a class.
 */
export interface Automaton {
  /** How many states there are, and the bytes of their tables. */
  states: number;
  bytes: number;
  /** Indices of strings that were not taken in for lack of room: they count as found in every text. */
  always: readonly number[];
  /** Indices of the strings that are looked for by one and the same part of them. */
  parts: readonly (readonly number[])[];
  /**
   * Calls `found` for each part that is in `text`, by its number, in the order in which they end: once for each `block`
   * of so many units in which an occurrence ends, once in all without. `at` is an offset inside the occurrence.
   */
  scan(text: string, found: (part: number, at: number) => void, block?: number): void;
  /** Whether any of them is in `text`. */
  isIn(text: string): boolean;
}

/** 32 MB of transitions. */
const CELLS = 8_000_000;
const WINDOWS = [12, 8, 6, 4];
const CLASSES = 255;

/** How much a character narrows down, roughly: its rarity in source code and prose. */
const WEIGHTS = new Uint8Array(128).fill(5);
for (const character of 'bcdfghjklmpquvwxyz') WEIGHTS[character.charCodeAt(0)] = 3;
for (const character of 'etaoinsr()._,=;') WEIGHTS[character.charCodeAt(0)] = 2;
for (const character of ' \n\t') WEIGHTS[character.charCodeAt(0)] = 1;

/** The part of `text` of at most `length` units that is hardest to meet by chance. */
function rarePart(text: string, length: number): string {
  if (text.length <= length) return text;
  const weight = (at: number) => WEIGHTS[text.charCodeAt(at)] ?? 5;
  let sum = 0;
  for (let at = 0; at < length; at++) sum += weight(at);
  let best = sum;
  let start = 0;
  for (let at = length; at < text.length; at++) {
    sum += weight(at) - weight(at - length);
    if (sum <= best) continue;
    best = sum;
    start = at - length + 1;
  }
  return text.slice(start, start + length);
}

interface Plan {
  parts: string[];
  always: number[];
  cells: number;
}

/** Parts short enough that their tables have room, and what is left out where even that does not do. */
function planFor(strings: readonly string[], width: number): Plan {
  let parts: string[] = [];
  for (const window of WINDOWS) {
    parts = strings.map((text) => rarePart(text, window));
    const units = [...new Set(parts)].reduce((sum, part) => sum + part.length, 1);
    if (units * width <= CELLS) return { parts, always: [], cells: units };
  }
  const always: number[] = [];
  const taken = new Set<string>();
  let units = 1;
  for (const [index, part] of parts.entries()) {
    if (taken.has(part)) continue;
    if ((units + part.length) * width > CELLS) always.push(index);
    else {
      units += part.length;
      taken.add(part);
    }
  }
  return { parts, always, cells: units };
}

export function createAutomaton(strings: readonly string[]): Automaton {
  const fold = foldTable();
  const classOf = new Map<number, number>();
  for (const text of strings) {
    for (let at = 0; at < text.length; at++) {
      const unit = fold[text.charCodeAt(at)] ?? 0;
      if (!classOf.has(unit)) classOf.set(unit, 1 + (classOf.size % CLASSES));
    }
  }
  const classes = new Uint8Array(65_536);
  const sources = unfoldTable();
  for (const [folded, of] of classOf) for (const unit of sources.get(folded) ?? []) classes[unit] = of;
  const width = Math.min(classOf.size, CLASSES) + 1;

  const { parts, always, cells } = planFor(strings, width);
  const left = new Set(always);
  let states = 1;
  const trie = new Int32Array(cells * width);
  const endsAt = new Map<number, number>();
  const sharing: number[][] = [];
  for (const [index, part] of parts.entries()) {
    if (left.has(index)) continue;
    let state = 0;
    for (let at = 0; at < part.length; at++) {
      const cell = state * width + (classes[part.charCodeAt(at)] ?? 0);
      if (trie[cell] === 0) trie[cell] = states++;
      state = trie[cell] ?? 0;
    }
    const known = endsAt.get(state);
    if (known !== undefined) sharing[known]?.push(index);
    else endsAt.set(state, sharing.push([index]) - 1);
  }

  // Breadth first: where a state goes on a character it has no child for is where its longest suffix goes.
  const next = states === cells ? trie : trie.slice(0, states * width);
  const suffix = new Int32Array(states);
  /** The state itself or its longest suffix where a string ends; 0 for none. */
  const ending = new Int32Array(states);
  /** The next such state behind one where a string ends. */
  const further = new Int32Array(states);
  const order = new Int32Array(states);
  let known = 1;
  for (let at = 0; at < known; at++) {
    const state = order[at] ?? 0;
    const back = suffix[state] ?? 0;
    if (state !== 0) {
      const behind = ending[back] ?? 0;
      if (endsAt.has(state)) {
        ending[state] = state;
        further[state] = behind;
      } else ending[state] = behind;
    }
    for (let on = 0; on < width; on++) {
      const child = next[state * width + on] ?? 0;
      const fallback = state === 0 ? 0 : (next[back * width + on] ?? 0);
      if (child === 0) next[state * width + on] = fallback;
      else {
        suffix[child] = fallback;
        order[known++] = child;
      }
    }
  }
  // From here on a state is the place of its row, doubled, plus one where a string ends: one look-up per character.
  for (let cell = 0; cell < next.length; cell++) {
    const state = next[cell] ?? 0;
    next[cell] = state * width * 2 + (ending[state] === 0 ? 0 : 1);
  }

  const seen = new Uint32Array(states);
  let round = 0;
  return {
    states,
    bytes: next.byteLength + classes.byteLength + 4 * seen.byteLength,
    always,
    parts: sharing,
    isIn(text) {
      let row = 0;
      for (let at = 0; at < text.length; at++) {
        const to = next[row + (classes[text.charCodeAt(at)] as number)] as number;
        if ((to & 1) === 1) return true;
        row = to >> 1;
      }
      return false;
    },
    scan(text, found, block = Math.max(1, text.length)) {
      let row = 0;
      for (let from = 0; from < text.length; from += block) {
        round = (round + 1) >>> 0;
        if (round === 0) {
          seen.fill(0);
          round = 1;
        }
        const end = Math.min(text.length, from + block);
        for (let at = from; at < end; at++) {
          const to = next[row + (classes[text.charCodeAt(at)] as number)] as number;
          row = to >> 1;
          if ((to & 1) === 0) continue;
          // What lies behind a state seen before was seen with it: all of this is done once per block and string.
          let state = ending[row / width] as number;
          while (state !== 0 && seen[state] !== round) {
            seen[state] = round;
            found(endsAt.get(state) as number, at);
            state = further[state] as number;
          }
        }
      }
    },
  };
}
