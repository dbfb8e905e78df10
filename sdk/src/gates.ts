import { type CharacterClasses, LATIN, wholeAt } from './character-classes.ts';
import { longestWay, type Program } from './program.ts';
import { type Reach, reachOf } from './reach.ts';
import { rarest, requiredIn } from './required.ts';
import { blockEnd, type Seen, type Stretches } from './windows.ts';
import type { Work } from './work.ts';

/**
 * A loop over one character that every match comes by, as in `name.*end`, and behind which each way reads one of a few
 * strings. A pattern that waits in it need not read on to where such a string can be: `name.*end` stays open to the end of
 * the line, and hundreds of patterns can.
 */
export interface Gate {
  /** The instruction that reads the loop's character. */
  loop: number;
  /** Instructions before the loop. */
  before: ReadonlySet<number>;
  /** Case-folded; each way from the loop to the end of a match holds one. */
  strings: readonly string[];
  /** How far from such a string the loop can have ended at most; null for any distance. */
  reach: Reach | null;
  /** A way before the loop reads so many UTF-16 units at most of what the loop does not read. */
  margin: number;
  /** What of ASCII the loop reads, and at `OTHER` all else, where it does; null where it reads only some of that. */
  reads: Uint8Array | null;
  /** Which of the watched lists its strings are; -1 for none. */
  list: number;
}

/** What is known of a text before a pattern is run over it. */
export interface Ahead {
  /** The text, case-folded. */
  folded(): string;
  /** Where the strings of a watched list are. */
  seen(list: number): Seen;
  stretches: Stretches;
}

/** More strings, and more characters, are not looked for one by one. */
const FEW = 4;
/** A shorter string is in nearly every text. */
const USABLE = 2;
/** Characters in which a string is looked for, or that are passed over, in the time of one unit of work. */
const SOUGHT = 64;
const PASSED = 8;
/** The last ones are the most use. */
const GATES = 4;

function reachable(next: Program['next'], from: number, without: number): Set<number> {
  const seen = new Set([from]);
  for (const node of seen) for (const to of next[node] ?? []) if (to !== without) seen.add(to);
  return seen;
}

function gateAt(program: Program, classes: CharacterClasses, at: number, loop: number): Gate | null {
  const { count, table } = classes;
  const { next, width, start, end } = program;
  const on = next[at]?.find((to) => to !== loop) as number;
  const beyond = reachable(next, on, -1);
  // Not inside of another loop, and no way goes around it.
  if (beyond.has(at) || beyond.has(loop)) return null;
  const before = reachable(next, start, at);
  if (before.has(end)) return null;
  const tail = { ...program, start: on };
  const lists = requiredIn(tail)?.filter(
    (list) => list.length <= FEW && list.every((text) => text.length >= USABLE),
  );
  const strings = rarest(lists ?? []);
  if (!strings) return null;
  const reads = (node: number, each: number) => table[node * count + each] === 1;
  const isWithin = [...before].every((node) => {
    if (!width[node]) return true;
    for (let each = 0; each < count; each++) if (reads(node, each) && !reads(loop, each)) return false;
    return true;
  });
  const head = next.map((to, node) => (before.has(node) ? to : []));
  const margin = isWithin ? 0 : longestWay({ ...program, next: head, end: at });
  if (margin === null) return null;
  before.delete(loop);
  return {
    loop,
    before,
    strings,
    reach: reachOf(tail, strings),
    margin,
    reads: readBy(classes, loop),
    list: -1,
  };
}

/** The gates of a pattern, the last first. */
export function gatesOf(program: Program, classes: CharacterClasses, watched: readonly string[][]): Gate[] {
  const gates: Gate[] = [];
  const { next, width } = program;
  for (const [at, to] of next.entries()) {
    if (width[at] || to.length !== 2) continue;
    const loop = to.find((each) => width[each] && next[each]?.length === 1 && next[each][0] === at);
    if (loop === undefined) continue;
    const gate = gateAt(program, classes, at, loop);
    if (!gate) continue;
    const list = watched.findIndex(
      (strings) =>
        strings.length === gate.strings.length && gate.strings.every((text) => strings.includes(text)),
    );
    gates.push({ ...gate, list });
  }
  return gates.sort((a, b) => b.before.size - a.before.size).slice(0, GATES);
}

function readBy({ count, table, latin, of }: CharacterClasses, loop: number): Uint8Array | null {
  for (let each = of(LATIN); each < count; each++) if (table[loop * count + each] !== 1) return null;
  const reads = Uint8Array.from(latin, (each) => table[loop * count + each] as number);
  return Uint8Array.of(...reads, 1);
}

/** The gates of one pattern over one text. */
export class Gates {
  readonly #gates: readonly Gate[];
  readonly #text: string;
  readonly #ahead: Ahead;
  readonly #reads: (gate: Gate, at: number) => boolean;
  readonly #work: Work;
  /** By gate the next place of each string, and what was last known from there. */
  readonly #next: number[][];
  readonly #seen: number[];
  readonly #from: number[];
  /** By gate a stretch that the loop reads, and whether it does not read what comes then. */
  readonly #begin: number[];
  readonly #until: number[];
  readonly #ends: boolean[];

  constructor(
    gates: readonly Gate[],
    text: string,
    ahead: Ahead,
    reads: (gate: Gate, at: number) => boolean,
    work: Work,
  ) {
    this.#gates = gates;
    this.#text = text;
    this.#ahead = ahead;
    this.#reads = reads;
    this.#work = work;
    this.#next = gates.map(({ strings }) => strings.map(() => -1));
    this.#seen = gates.map(() => -1);
    this.#from = gates.map(() => -1);
    this.#begin = gates.map(() => -1);
    this.#until = gates.map(() => -1);
    this.#ends = gates.map(() => false);
  }

  /**
   * Where to read on for who waits at `at` in a gate's loop: as far ahead as nothing but waiting can happen. -1 where no
   * match can end any more.
   */
  jump(number: number, at: number): number {
    const gate = this.#gates[number] as Gate;
    if ((this.#seen[number] as number) < at) {
      const seen = this.#nextSeen(number, gate, at);
      if (seen === -1) return -1;
      this.#seen[number] = seen;
      const { reach } = gate;
      this.#from[number] = reach
        ? reach.before === null
          ? this.#ahead.stretches.back(seen, reach, at, this.#work)
          : seen
        : at;
    }
    const from = this.#from[number] as number;
    if (from <= at) return at;
    const until = Math.min(from, this.#loopEnd(number, gate, at, from + gate.margin) - gate.margin);
    return Math.max(at, wholeAt(this.#text, until));
  }

  /** Up to here `jump` says the same of a gate as it did last. */
  until(number: number): number {
    return (this.#seen[number] as number) + 1;
  }

  /** Where the next string of a gate begins; -1 for nowhere. */
  #nextSeen(number: number, { strings, list }: Gate, at: number): number {
    const folded = this.#ahead.folded();
    const seen = list === -1 ? null : this.#ahead.seen(list);
    if (seen) return this.#nextNear(number, strings, seen, at);
    const next = this.#next[number] as number[];
    let first = -1;
    for (const [on, text] of strings.entries()) {
      let place = next[on] as number;
      if (place < at && place !== -2) {
        const found = folded.indexOf(text, at);
        place = found === -1 ? -2 : found;
        next[on] = place;
        this.#work.units += ((found === -1 ? folded.length : found) - at) / SOUGHT;
      }
      if (place >= 0 && (first === -1 || place < first)) first = place;
    }
    return first;
  }

  /** The same where the sweep has seen the strings: in blocks of which the first of each is known. */
  #nextNear(number: number, strings: readonly string[], seen: readonly number[], at: number): number {
    const folded = this.#ahead.folded();
    const longest = Math.max(...strings.map((text) => text.length));
    const next = this.#next[number] as number[];
    let on = Math.max(0, next[0] as number);
    for (; on < seen.length; on++) {
      const end = blockEnd(folded, seen[on] as number);
      this.#work.units++;
      if (end < at) continue;
      const from = Math.max(at, (seen[on] as number) - longest);
      const part = folded.slice(from, end + longest);
      const places = strings.map((text) => part.indexOf(text)).filter((place) => place !== -1);
      if (places.length > 0) {
        next[0] = on;
        return from + Math.min(...places);
      }
    }
    next[0] = on;
    return -1;
  }

  /** The first place from `at` on that the loop does not read; not beyond `most`. */
  #loopEnd(number: number, gate: Gate, at: number, most: number): number {
    const text = this.#text;
    const limit = Math.min(most, text.length);
    let until = this.#until[number] as number;
    if (at < (this.#begin[number] as number) || at > until || this.#begin[number] === -1) {
      this.#begin[number] = at;
      this.#ends[number] = false;
      until = at;
    }
    if (!this.#ends[number] && until < limit) {
      if (gate.reads) {
        until = this.#ahead.stretches.end(until, gate.reads, this.#work);
        this.#ends[number] = true;
      } else {
        while (until < limit && this.#reads(gate, until))
          until += (text.codePointAt(until) as number) > 0xffff ? 2 : 1;
        this.#ends[number] = until < limit;
        this.#work.units += (until - at) / PASSED;
      }
      this.#until[number] = until;
    }
    return Math.min(until, limit);
  }
}
