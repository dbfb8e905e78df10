import type { Program } from './program.ts';
import { WayCache } from './way-cache.ts';

/**
 * Whether a pattern matches, on all ways at once (Thompson's simulation): so many steps per character as there are ways
 * open, at most one for each instruction, whatever the text. re2js' own automaton is faster once it is warm, but it
 * makes its states as it meets them: a new text can cost it a hundred times what the last one did, and megabytes.
 */
interface Threads {
  /**
   * Whether a match begins in one of the `starts`: pairs of first and last offsets, ascending, that do not touch and
   * do not cut a character in two. Adds the work to `done`: one unit is a step of one way or some characters passed over.
   */
  run(text: string, starts: readonly number[], done: Work): boolean;
}

/** Work of one decision; deterministic, so that the same text gives the same decision everywhere. */
export interface Work {
  units: number;
  /** `run` throws `OutOfWork` beyond it. */
  most: number;
}

/**
 * Units for every decision, and for each UTF-16 unit of its texts. A thousand ordinary texts of 2 KB asked for 9,000 at
 * most under 5,000 rules. More than one rule alone can use up on any text: to fill a text with its strings must not be
 * a way around it.
 */
const WORK = 1_048_576;
const WORK_PER_UNIT = 128;

/** The work that one decision over so many UTF-16 units of text may do, in units; one takes about ten nanoseconds. */
export const workFor = (length: number) => WORK + WORK_PER_UNIT * length;

/** What each of so many rules may do at first: half of all in equal shares, so that dear ones take nothing from the rest. */
export const shareOf = (work: number, rules: number) => Math.floor(work / 2 / Math.max(1, rules));

/** Thrown where a pattern would need more. */
export class OutOfWork extends Error {
  constructor() {
    super('The text asks for more work than one decision may do.');
  }
}

const LATIN = 0x80;
/** Characters passed over in the time of one step. */
const PASSED = 8;
/** Steps of one run after which a pattern is worth remembering what it has met. */
const LONG = 512;

const isWord = (unit: number) =>
  (unit >= 0x61 && unit <= 0x7a) ||
  (unit >= 0x41 && unit <= 0x5a) ||
  (unit >= 0x30 && unit <= 0x39) ||
  unit === 0x5f;

/** What holds at a place, in the bits of RE2's instructions: begin and end of line and text, word boundary or none. */
function flagsAt(text: string, at: number): number {
  const before = at > 0 ? text.charCodeAt(at - 1) : -1;
  const behind = at < text.length ? text.charCodeAt(at) : -1;
  let flags = isWord(before) === isWord(behind) ? 0x20 : 0x10;
  if (before === -1) flags |= 0x05;
  else if (before === 0x0a) flags |= 0x01;
  if (behind === -1) flags |= 0x0a;
  else if (behind === 0x0a) flags |= 0x02;
  return flags;
}

/** Scratch space of all patterns of this thread: where a way has been, and the ways that are open. */
let visited = new Uint32Array(256);
let ways = [new Int32Array(256), new Int32Array(256)];
let open = new Int32Array(1_024);
let round = 0;

function roomFor(size: number) {
  if (visited.length >= size) return;
  visited = new Uint32Array(2 * size);
  ways = [new Int32Array(2 * size), new Int32Array(2 * size)];
  // Every instruction leads to two at most.
  open = new Int32Array(8 * size);
  round = 0;
}

function nextRound(): number {
  round++;
  if (round === 0xffffffff) {
    visited.fill(0);
    round = 1;
  }
  return round;
}

/** The classes of characters that the program tells apart, and what each instruction reads of them. */
function tablesOf({ bounds, next, width, reads }: Program) {
  const classes = bounds.length + 1;
  const table = new Uint8Array(next.length * classes);
  for (let node = 0; node < next.length; node++) {
    if (!width[node] || next[node]?.length === 0) continue;
    for (let of = 0; of < classes; of++) {
      if (reads(node, of === 0 ? 0 : (bounds[of - 1] ?? 0))) table[node * classes + of] = 1;
    }
  }
  const classOf = (rune: number) => {
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[middle] ?? 0) <= rune) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return { classes, table, classOf, latin: Uint16Array.from({ length: LATIN }, (_, unit) => classOf(unit)) };
}

/** Which classes a match can begin with; all where it may read nothing. */
function firstsOf({ start, end, next, width }: Program, table: Uint8Array, classes: number): Uint8Array {
  const first = new Uint8Array(classes);
  const seen = new Set([start]);
  for (const node of seen) {
    if (node === end) first.fill(1);
    if (width[node])
      for (let of = 0; of < classes; of++)
        first[of] = (first[of] as number) | (table[node * classes + of] as number);
    else for (const to of next[node] ?? []) seen.add(to);
  }
  return first;
}

/** More instructions in all, per instruction, are gone through anew each time. */
const CLOSURE = 16;

/**
 * For each instruction the next ones behind it that read, ask something of their place or end the match, one list
 * after the other, and where each begins; null where these lists would be long.
 */
function closuresOf({ next, width, looks, end }: Program): { begin: Int32Array; stops: Int32Array } | null {
  const begin = new Int32Array(next.length + 1);
  const stops: number[] = [];
  for (const [node, to] of next.entries()) {
    const seen = new Set(width[node] ? to : []);
    for (const each of seen) {
      if (width[each] || looks[each] || each === end) stops.push(each);
      else for (const further of next[each] ?? []) seen.add(further);
    }
    if (stops.length > CLOSURE * next.length) return null;
    begin[node + 1] = stops.length;
  }
  return { begin, stops: Int32Array.from(stops) };
}

const NONE = new Int32Array(0);

export function createThreads(program: Program): Threads {
  const { start, end, next, width, asserts, looks } = program;
  const { classes, table, classOf, latin } = tablesOf(program);
  const first = firstsOf(program, table, classes);
  const firstLatin = Uint8Array.from(latin, (cls) => first[cls] as number);
  const closures = closuresOf(program);
  const size = next.length;
  const out = Int32Array.from(next, (to) => to[0] ?? -1);
  const other = Int32Array.from(next, (to) => to[1] ?? -1);
  let cache: WayCache | null = null;
  // What a pattern asks of a place depends on the character behind it too.
  let isWorth = !asserts;

  /**
   * Goes on from an instruction to all that read something, behind the `count` that are in the list. Their number then,
   * or -1 where a match ends.
   */
  const enter = (node: number, list: Int32Array, count: number, flags: number, mark: number): number => {
    let total = count;
    let depth = 0;
    open[depth++] = node;
    while (depth > 0) {
      const each = open[--depth] as number;
      if (visited[each] === mark) continue;
      visited[each] = mark;
      if (width[each] !== 0) list[total++] = each;
      else if (each === end) return -1;
      else if (((looks[each] as number) & ~flags) === 0) {
        if ((other[each] as number) !== -1) open[depth++] = other[each] as number;
        if ((out[each] as number) !== -1) open[depth++] = out[each] as number;
      }
    }
    return total;
  };

  /** All that can be read behind what reads a character of class `cls`: as `enter`. */
  const step = (
    from: Int32Array,
    before: number,
    cls: number,
    to: Int32Array,
    flags: number,
    mark: number,
  ): number => {
    const seen = visited;
    const { begin, stops } = closures ?? { begin: NONE, stops: NONE };
    let count = 0;
    for (let on = 0; on < before; on++) {
      const node = from[on] as number;
      if (table[node * classes + cls] === 0) continue;
      if (!closures) {
        count = enter(out[node] as number, to, count, flags, mark);
        if (count === -1) return -1;
        continue;
      }
      const until = begin[node + 1] as number;
      for (let way = begin[node] as number; way < until; way++) {
        const each = stops[way] as number;
        if (seen[each] === mark) continue;
        if (width[each] !== 0) {
          seen[each] = mark;
          to[count++] = each;
        } else {
          count = enter(each, to, count, flags, mark);
          if (count === -1) return -1;
        }
      }
    }
    return count;
  };

  return {
    run(text, starts, done) {
      roomFor(size);
      let [current, following] = ways as [Int32Array, Int32Array];
      const { length } = text;
      let at = 0;
      /** The number of the set of ways that came to `at`, where those are remembered. */
      let set = -1;
      const longAfter = done.units + LONG;
      for (let pair = 0; pair < starts.length; pair += 2) {
        at = Math.max(at, starts[pair] as number);
        let last = starts[pair + 1] as number;
        let begun = at;
        let count = 0;
        let flags = 0;
        let mark = 0;
        for (;;) {
          // Ways that came here are in `current`; here a new one may begin.
          if (count === 0) {
            while (at <= last) {
              const unit = text.charCodeAt(at);
              if (unit >= LATIN || firstLatin[unit] === 1) break;
              at++;
            }
            done.units += (at - begun) / PASSED;
            if (at > last) break;
            set = cache ? 0 : -1;
            mark = nextRound();
            if (asserts) flags = flagsAt(text, at);
          } else if (at > last && at >= (starts[pair + 2] ?? length)) {
            pair += 2;
            last = starts[pair + 1] as number;
          }
          if (at >= length) return false;
          const unit = text.charCodeAt(at);
          const rune = unit >= 0xd800 && unit <= 0xdbff ? (text.codePointAt(at) as number) : unit;
          const cls = rune < LATIN ? (latin[rune] as number) : classOf(rune);
          const begins = at <= last && first[cls] === 1;
          const from = set;
          if (from !== -1 && cache) {
            const follows = cache.follow(from, begins, cls);
            if (follows !== -1) {
              done.units += cache.steps(from, begins);
              if (follows === -2) return true;
              at += rune > 0xffff ? 2 : 1;
              if (follows === from && at > last) {
                // In a loop: on to what leads out of it.
                const until = cache.pass(from, text, at, Math.min(length, starts[pair + 2] ?? length), latin);
                done.units += cache.steps(from, false) * (until - at);
                at = until;
              }
              set = follows;
              count = (cache.sets[set] as Int32Array).length;
              if (done.units > done.most) throw new OutOfWork();
              if (count === 0) begun = at;
              continue;
            }
            const known = cache.sets[from] as Int32Array;
            mark = nextRound();
            current.set(known);
            for (count = 0; count < known.length; count++) visited[known[count] as number] = mark;
          }
          if (begins) {
            count = enter(start, current, count, flags, mark);
            if (count === -1) return true;
          }
          const before = count;
          at += rune > 0xffff ? 2 : 1;
          mark = nextRound();
          if (asserts) flags = flagsAt(text, at);
          count = step(current, before, cls, following, flags, mark);
          done.units += before + 1;
          if (from !== -1 && cache) {
            set = count === -1 ? -2 : cache.number(following.subarray(0, count));
            if (set !== -1) cache.learn(from, begins, cls, before + 1, set);
            else {
              cache = null;
              isWorth = false;
            }
          }
          if (count === -1) return true;
          const swap = current;
          current = following;
          following = swap;
          if (done.units > done.most) throw new OutOfWork();
          if (isWorth && !cache && done.units > longAfter) {
            cache = new WayCache(classes);
            set = cache.number(current.subarray(0, count));
          }
          if (count === 0) begun = at;
        }
      }
      return false;
    },
  };
}
