import { bitSetsOf } from './bit-sets.ts';
import { type BitThreads, createBitThreads } from './bit-threads.ts';
import { type CharacterClasses, classesOf, flagsAt, LATIN } from './character-classes.ts';
import { type Ahead, gatesOf } from './gates.ts';
import type { Program } from './program.ts';
import { OutOfWork, type Work } from './work.ts';

/**
 * Whether a pattern matches, on all ways at once (Thompson's simulation): so many steps per character as there are ways
 * open, at most one for each instruction, whatever the text. re2js' own automaton is faster once it is warm, but it
 * makes its states as it meets them: a new text can cost it a hundred times what the last one did, and megabytes.
 */
interface Threads {
  /**
   * Whether a match begins in one of the `starts`: pairs of first and last offsets, ascending, that do not touch and
   * do not cut a character in two. Adds the work to `done`. Where it is known what lies `ahead`, what only waits for a
   * string that is far away is passed over.
   */
  run(text: string, starts: readonly number[], done: Work, ahead?: Ahead): boolean;
}

/** Characters passed over in the time of one step. */
const PASSED = 8;
/** So many ways, and one for each word of bits, are followed one by one. */
const FEW = 5;
/** Steps of one run after which a pattern is worth remembering what it has met, and looking ahead. */
const LONG = 512;

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

/** `watched` are the strings of which `Ahead.seen` tells. */
export function createThreads(program: Program, watched: readonly string[][] = []): Threads {
  const classes = classesOf(program);
  // Most patterns never have so many ways open: made when one does.
  let bits: BitThreads | null | undefined;
  return createWayThreads(program, classes, () => {
    if (bits === undefined) {
      const sets = bitSetsOf(program, classes);
      bits = sets && createBitThreads(program, classes, sets, gatesOf(program, classes, watched));
    }
    return bits;
  });
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

/** Way by way: the quickest while few are open. Goes on in bits where that is dear. */
function createWayThreads(
  program: Program,
  classes: CharacterClasses,
  bitsOf: () => BitThreads | null,
): Threads {
  const { start, end, next, width, asserts, looks } = program;
  const { count: number, table, of: classOf, latin, heads, begins: canBegin } = classes;
  const closures = closuresOf(program);
  const size = next.length;
  const few = FEW + program.width.reduce((sum, each) => sum + (each ? 1 : 0), 0) / 32;
  const out = Int32Array.from(next, (to) => to[0] ?? -1);
  const other = Int32Array.from(next, (to) => to[1] ?? -1);

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
      if (table[node * number + cls] === 0) continue;
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
    run(text, starts, done, ahead) {
      const longAfter = done.units + LONG;
      roomFor(size);
      let [current, following] = ways as [Int32Array, Int32Array];
      const { length } = text;
      let at = 0;
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
              if (unit >= LATIN || (((heads[unit] as number) & 1) !== 0 && canBegin(text, at))) break;
              at++;
            }
            done.units += (at - begun) / PASSED;
            if (at > last) break;
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
          const begins = at <= last && canBegin(text, at);
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
          if (count === -1) return true;
          const swap = current;
          current = following;
          following = swap;
          if (done.units > done.most) throw new OutOfWork();
          const isMany = count > few;
          if (isMany || done.units > longAfter) {
            const bits = bitsOf();
            if (bits && (isMany || bits.isForLong)) {
              return bits.run(text, starts, done, ahead, { pair, at, ways: current.subarray(0, count) });
            }
          }
          if (count === 0) begun = at;
        }
      }
      return false;
    },
  };
}
