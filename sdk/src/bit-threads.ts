import type { BitSets, Follow } from './bit-sets.ts';
import { type CharacterClasses, flagsAt, LATIN } from './character-classes.ts';
import { type Ahead, type Gate, Gates } from './gates.ts';
import type { Program } from './program.ts';
import { WayCache } from './way-cache.ts';
import { OutOfWork, type Work } from './work.ts';

/** Characters passed over in the time of one unit of work. */
const PASSED = 8;

/** A set of ways, and the words of it that are not all empty: none where `low` is above `high`. */
class Ways {
  readonly words: Int32Array;
  low = 1;
  high = 0;

  constructor(size: number) {
    this.words = new Int32Array(size);
  }

  clear() {
    const { words, high } = this;
    for (let at = this.low; at <= high; at++) words[at] = 0;
    this.low = words.length;
    this.high = -1;
  }

  set(words: Int32Array) {
    this.words.set(words);
    this.low = 0;
    this.high = words.length - 1;
  }
}

/** All that follows `active`, which have read, into `to`; whether a match ends. */
function follow(active: Ways, { shift, loop, accept, other, begin, jumps }: Follow, to: Ways): boolean {
  const { words } = active;
  let { low, high } = active;
  const last = high;
  for (let at = low; at <= last; at++)
    if (((words[at] as number) & (accept[at] as number)) !== 0) return true;
  to.clear();
  const next = to.words;
  let carry = 0;
  for (let at = low; at <= last; at++) {
    const each = words[at] as number;
    const shifted = each & (shift[at] as number);
    next[at] = (next[at] as number) | (shifted << 1) | carry | (each & (loop[at] as number));
    carry = shifted >>> 31;
    if ((each & (other[at] as number)) === 0) continue;
    const end = begin[at + 1] as number;
    for (let on = begin[at] as number; on < end; ) {
      const isOpen = (each & (jumps[on] as number)) !== 0;
      const until = on + 2 + 2 * (jumps[on + 1] as number);
      if (isOpen) {
        for (on += 2; on < until; on += 2) {
          const word = jumps[on] as number;
          next[word] = (next[word] as number) | (jumps[on + 1] as number);
          if (word < low) low = word;
          if (word > high) high = word;
        }
      }
      on = until;
    }
  }
  if (carry !== 0) {
    next[last + 1] = (next[last + 1] as number) | carry;
    if (last + 1 > high) high = last + 1;
  }
  while (low <= high && next[low] === 0) low++;
  while (high >= low && next[high] === 0) high--;
  to.low = low;
  to.high = high;
  return false;
}

/** Where a run has come to way by way. */
export interface Halfway {
  /** The place in `starts` of the pair that is open. */
  pair: number;
  at: number;
  /** The instructions that are to read next. */
  ways: Int32Array;
}

export interface BitThreads {
  /** Whether few ways that stay open for long are followed more quickly, too. */
  isForLong: boolean;
  /** As of `Threads`, from there on. */
  run(text: string, starts: readonly number[], done: Work, ahead: Ahead | undefined, from: Halfway): boolean;
}

/** Ways as bits: see `BitSets`. */
export function createBitThreads(
  program: Program,
  classes: CharacterClasses,
  sets: BitSets,
  gates: readonly Gate[],
): BitThreads {
  const { asserts } = program;
  const { count: width, table, of: classOf, latin, heads, begins: canBegin } = classes;
  const { words, reach, units, asked, positions } = sets;
  let current = new Ways(words);
  let following = new Ways(words);
  const active = new Ways(words);
  let cache: WayCache | null = null;
  // What a pattern asks of a place depends on the character behind it too.
  let isWorth = !asserts;

  const fronts = gates.map(({ before }) => {
    const mask = new Int32Array(words);
    for (const node of before) {
      const bit = positions[node] as number;
      if (bit !== -1) mask[bit >> 5] = (mask[bit >> 5] as number) | (1 << (bit & 31));
    }
    return mask;
  });
  /** By gate and flags what waits in its loop. */
  const waiting: Int32Array[][] = gates.map(() => []);
  const waitingAt = (gate: number, flags: number): Int32Array => {
    const key = flags & asked;
    const known = waiting[gate]?.[key];
    if (known) return known;
    const bit = positions[gates[gate]?.loop ?? 0] as number;
    const only = new Ways(words);
    only.words[bit >> 5] = 1 << (bit & 31);
    only.low = only.high = bit >> 5;
    const made = new Ways(words);
    follow(only, sets.follow(key), made);
    (waiting[gate] as Int32Array[])[key] = made.words;
    return made.words;
  };
  /** The gate in which all ways wait, or have not come to; -1 for none. */
  const gateOf = (ways: Int32Array, flags: number): number => {
    for (let gate = 0; gate < gates.length; gate++) {
      const bit = positions[gates[gate]?.loop ?? 0] as number;
      if (((ways[bit >> 5] as number) & (1 << (bit & 31))) === 0) continue;
      const all = waitingAt(gate, flags);
      const head = fronts[gate] as Int32Array;
      let other = 0;
      for (let at = 0; at < words; at++)
        other |= (ways[at] as number) & ~((all[at] as number) | (head[at] as number));
      if (other === 0) return gate;
    }
    return -1;
  };
  /** What of the ways that are here, with those that begin, reads a class, into `active`. */
  const read = (begin: Int32Array | null, row: number) => {
    const { words: from } = current;
    const to = active.words;
    let low = words;
    let high = -1;
    const last = begin === null ? current.high : words - 1;
    for (let word = begin === null ? current.low : 0; word <= last; word++) {
      const all = begin === null ? (from[word] as number) : (from[word] as number) | (begin[word] as number);
      const each = all & (reach[row + word] as number);
      to[word] = each;
      if (each === 0) continue;
      if (low > word) low = word;
      high = word;
    }
    active.low = low;
    active.high = high;
  };

  return {
    isForLong: !asserts || gates.length > 0,
    run(text, starts, done, ahead, { pair: from, at: place, ways }) {
      const { length } = text;
      const reads = ({ loop }: Gate, at: number) =>
        table[loop * width + classOf(text.codePointAt(at) as number)] === 1;
      let open: Gates | undefined;
      let at = place;
      current.clear();
      if (ways.length > 0) {
        for (const node of ways) {
          const bit = positions[node] as number;
          current.words[bit >> 5] = (current.words[bit >> 5] as number) | (1 << (bit & 31));
        }
        current.low = 0;
        current.high = words - 1;
      }
      if (isWorth) cache ??= new WayCache(width, words, (each) => gateOf(each, 0));
      for (let pair = from; pair < starts.length; pair += 2) {
        at = Math.max(at, starts[pair] as number);
        let last = starts[pair + 1] as number;
        let begun = at;
        let flags = asserts ? flagsAt(text, at) : 0;
        let empty = current.low > current.high;
        /** The number of `current`, where sets are remembered. */
        let set = cache && !empty ? cache.number(current.words) : -1;
        for (;;) {
          let gate = -1;
          // Ways that came here are in `current`; here a new one may begin.
          if (empty) {
            while (at <= last) {
              const unit = text.charCodeAt(at);
              if (unit >= LATIN || (((heads[unit] as number) & 1) !== 0 && canBegin(text, at))) break;
              at++;
            }
            done.units += (at - begun) / PASSED;
            if (at > last) break;
            current.clear();
            set = cache ? 0 : -1;
            if (asserts) flags = flagsAt(text, at);
          } else {
            gate =
              gates.length === 0 || !ahead
                ? -1
                : cache && set !== -1
                  ? (cache.marks[set] as number)
                  : gateOf(current.words, flags);
            if (gate !== -1 && ahead) {
              open ??= new Gates(gates, text, ahead, reads, done);
              const to = open.jump(gate, at);
              if (to === -1) return false;
              if (to > at) {
                done.units += units;
                at = to;
                if (asserts) flags = flagsAt(text, at);
                current.set(waitingAt(gate, flags));
                if (cache) set = cache.number(current.words);
              }
            }
            while (at > last && at >= (starts[pair + 2] ?? length)) {
              pair += 2;
              last = starts[pair + 1] ?? -1;
              if (last === -1) break;
            }
          }
          if (at >= length) return false;
          const unit = text.charCodeAt(at);
          const rune = unit >= 0xd800 && unit <= 0xdbff ? (text.codePointAt(at) as number) : unit;
          const cls = rune < LATIN ? (latin[rune] as number) : classOf(rune);
          const begins = at <= last && canBegin(text, at);
          done.units += units;
          if (done.units > done.most) throw new OutOfWork();
          const before = set;
          if (before !== -1 && cache) {
            const follows = cache.follow(before, begins, cls);
            if (follows !== -1) {
              if (follows === -2) return true;
              at += rune > 0xffff ? 2 : 1;
              if (follows === before && at > last) {
                // In a loop: on to what leads out of it.
                const most = Math.min(
                  length,
                  starts[pair + 2] ?? length,
                  gate === -1 ? length : (open?.until(gate) ?? 0),
                  // And no further than there is work for.
                  at + Math.ceil((done.most - done.units) / units),
                );
                const until = cache.pass(before, text, at, most, latin);
                done.units += units * (until - at);
                at = until;
              }
              set = follows;
              empty = set === 0;
              if (empty) {
                begun = at;
                current.clear();
              } else if (set !== before) current.set(cache.sets[set] as Int32Array);
              continue;
            }
            current.set(cache.sets[before] as Int32Array);
          }
          read(begins ? sets.follow(flags).start : null, cls * words);
          at += rune > 0xffff ? 2 : 1;
          if (asserts) flags = flagsAt(text, at);
          const isMatch = follow(active, sets.follow(flags), following);
          if (before !== -1 && cache) {
            set = isMatch ? -2 : cache.number(following.words);
            if (set !== -1) cache.learn(before, begins, cls, set);
            else {
              cache = null;
              isWorth = false;
            }
          }
          if (isMatch) return true;
          const swap = current;
          current = following;
          following = swap;
          empty = current.low > current.high;
          if (empty) begun = at;
        }
      }
      return false;
    },
  };
}
