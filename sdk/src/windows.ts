import { wholeAt } from './character-classes.ts';
import { OTHER } from './program.ts';
import type { Reach } from './reach.ts';
import type { Work } from './work.ts';

/** Where a string was seen is told to so many units: a power of two. */
export const BLOCK = 64;

/** Where strings of a list were seen in a text, see `startsNear`; null where nobody knows. */
export type Seen = readonly number[] | null;

const isIn = (loops: Uint8Array, unit: number) => loops[Math.min(unit, OTHER)] === 1;

/** Units that are looked at one by one; and in the time of one unit of work. */
const ONE_BY_ONE = 256;
const PASSED = 8;
/** So many kinds of loops have their stops in a list. */
const KINDS = 8;

/** Where loops can begin and end in one text: what those of many patterns do not read is looked for once. */
export class Stretches {
  readonly text: string;
  readonly #stops = new Map<string, Int32Array>();

  constructor(text: string) {
    this.text = text;
  }

  /** The first unit that a match which holds the unit at `at` can have; not before `floor`. */
  back(at: number, { most, loops, before }: Reach, floor: number, work: Work): number {
    if (before !== null) return Math.max(floor, at - before);
    if (!loops) return Math.max(floor, at - most);
    const { text } = this;
    let left = most;
    let from = at;
    let until = Math.max(floor, at - ONE_BY_ONE);
    for (;;) {
      while (from > until && (left > 0 || isIn(loops, text.charCodeAt(from - 1)))) {
        if (!isIn(loops, text.charCodeAt(--from))) left--;
      }
      if (from > until || until === floor) return from;
      const stops = this.#stopsOf(loops);
      if (stops) return Math.max(floor, (stops[below(stops, from) - 1 - left] ?? -1) + 1);
      work.units += (from - floor) / PASSED;
      until = floor;
    }
  }

  /** The first unit from `at` on that a loop does not read, or the end of the text. */
  end(at: number, loop: Uint8Array, work: Work): number {
    const { text } = this;
    const until = Math.min(text.length, at + ONE_BY_ONE);
    let to = at;
    while (to < until && isIn(loop, text.charCodeAt(to))) to++;
    if (to < until || to === text.length) return to;
    const stops = this.#stopsOf(loop);
    if (stops) return stops[below(stops, to)] ?? text.length;
    while (to < text.length && isIn(loop, text.charCodeAt(to))) to++;
    work.units += (to - at) / PASSED;
    return to;
  }

  /** Where the units are that the loops do not read; null where there are lists of too many others. */
  #stopsOf(loops: Uint8Array): Int32Array | null {
    const key = loops.join('');
    const known = this.#stops.get(key);
    if (known || this.#stops.size >= KINDS) return known ?? null;
    const stops: number[] = [];
    for (let at = 0; at < this.text.length; at++) if (!isIn(loops, this.text.charCodeAt(at))) stops.push(at);
    const made = Int32Array.from(stops);
    this.#stops.set(key, made);
    return made;
  }
}

/** How many of the ascending numbers are below `limit`. */
function below(numbers: Int32Array, limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last unit of the block of `at`. */
export const blockEnd = (text: string, at: number) => Math.min(text.length - 1, at | (BLOCK - 1));

/**
 * Where matches can begin, as pairs of first and last offsets that do not touch. `seen` are places of strings of which
 * each match holds one, ascending, for each block that has any at least the first.
 */
export function startsNear(
  stretches: Stretches,
  seen: readonly number[],
  reach: Reach | null,
  work: Work,
): number[] {
  const { text } = stretches;
  const final = seen.at(-1);
  if (final === undefined) return [];
  if (!reach) return [0, blockEnd(text, final)];
  const starts: number[] = [];
  let last = -1;
  for (const at of seen) {
    if (at <= last) continue;
    const from = wholeAt(text, stretches.back(at, reach, last + 1, work));
    if (starts.length > 0 && from <= last + 1) starts.pop();
    else starts.push(from);
    last = blockEnd(text, at);
    starts.push(last);
  }
  return starts;
}

/** Whether one of the `needles` is in the text, where a part of it was `seen`; all are at most `most` units long. */
export function isNear(
  text: string,
  seen: readonly number[],
  most: number,
  has: (part: string) => boolean,
): boolean {
  for (let on = 0; on < seen.length; ) {
    const from = Math.max(0, (seen[on] as number) - most);
    let to = blockEnd(text, seen[on++] as number) + most;
    for (let next = seen[on]; next !== undefined && next - most <= to; next = seen[++on]) {
      to = blockEnd(text, next) + most;
    }
    if (has(text.slice(from, to))) return true;
  }
  return false;
}
