import { wholeAt } from './character-classes.ts';
import { OTHER } from './program.ts';
import type { Reach } from './reach.ts';

/** Where a string was seen is told to so many units: a power of two. */
export const BLOCK = 64;

const isIn = (loops: Uint8Array, unit: number) => loops[Math.min(unit, OTHER)] === 1;

/** The first unit that a match which holds the unit at `at` can have; not before `floor`. */
export function back(text: string, at: number, { most, loops, before }: Reach, floor: number): number {
  if (before !== null) return Math.max(floor, at - before);
  if (!loops) return Math.max(floor, at - most);
  let left = most;
  let from = at;
  while (from > floor && (left > 0 || isIn(loops, text.charCodeAt(from - 1)))) {
    if (!isIn(loops, text.charCodeAt(--from))) left--;
  }
  return from;
}

/** The last unit of the block of `at`. */
export const blockEnd = (text: string, at: number) => Math.min(text.length - 1, at | (BLOCK - 1));

/**
 * Where matches can begin, as pairs of first and last offsets that do not touch. `seen` are places of strings of which
 * each match holds one, ascending, for each block that has any at least the first.
 */
export function startsNear(text: string, seen: readonly number[], reach: Reach | null): number[] {
  const final = seen.at(-1);
  if (final === undefined) return [];
  if (!reach) return [0, blockEnd(text, final)];
  const starts: number[] = [];
  let last = -1;
  for (const at of seen) {
    if (at <= last) continue;
    const from = wholeAt(text, back(text, at, reach, last + 1));
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
