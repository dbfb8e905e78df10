import { type CharacterClasses, LATIN, wholeAt } from './character-classes.ts';
import { longestWay, type Program } from './program.ts';
import { type Reach, reachOf } from './reach.ts';
import { rarest, requiredIn } from './required.ts';
import { back } from './windows.ts';
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
  /** ASCII characters that the loop does not read, where these are few and it reads all others; else null. */
  stops: string[] | null;
  /** Whether the pattern is found by its strings. */
  isSought: boolean;
}

/** What is known of a text before a pattern is run over it. */
export interface Ahead {
  /** The text, case-folded. */
  folded(): string;
  /** No string that the pattern is found by ends behind this offset. */
  until: number;
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

function gateAt(program: Program, { count, table }: CharacterClasses, at: number, loop: number): Gate | null {
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
  return { loop, before, strings, reach: reachOf(tail, strings), margin, stops: null, isSought: false };
}

/** The gates of a pattern that is found by the `sought` strings, the last first. */
export function gatesOf(program: Program, classes: CharacterClasses, sought: readonly string[] = []): Gate[] {
  const gates: Gate[] = [];
  const { next, width } = program;
  for (const [at, to] of next.entries()) {
    if (width[at] || to.length !== 2) continue;
    const loop = to.find((each) => width[each] && next[each]?.length === 1 && next[each][0] === at);
    if (loop === undefined) continue;
    const gate = gateAt(program, classes, at, loop);
    if (!gate) continue;
    const isSought = gate.strings.every((text) => sought.includes(text));
    gates.push({ ...gate, stops: stopsOf(classes, loop), isSought });
  }
  return gates.sort((a, b) => b.before.size - a.before.size).slice(0, GATES);
}

function stopsOf({ count, table, latin, of }: CharacterClasses, loop: number): string[] | null {
  const stops: string[] = [];
  for (let unit = 0; unit < LATIN; unit++) {
    if (table[loop * count + (latin[unit] as number)] === 1) continue;
    stops.push(String.fromCharCode(unit));
    if (stops.length > FEW) return null;
  }
  for (let each = of(LATIN); each < count; each++) if (table[loop * count + each] !== 1) return null;
  return stops;
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
      this.#work.units += (seen - at) / PASSED;
      this.#from[number] = reach ? (reach.before === null ? back(this.#text, seen, reach, at) : seen) : at;
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

  #nextSeen(number: number, { strings, isSought }: Gate, at: number): number {
    const { until } = this.#ahead;
    if (isSought && at > until) return -1;
    const folded = this.#ahead.folded();
    const next = this.#next[number] as number[];
    let first = -1;
    for (const [on, text] of strings.entries()) {
      let place = next[on] as number;
      if (place < at && place !== -2) {
        const end = isSought ? Math.min(folded.length, until + text.length) : folded.length;
        const found = folded.slice(at, end).indexOf(text);
        place = found === -1 ? -2 : at + found;
        next[on] = place;
        this.#work.units += ((found === -1 ? end : place) - at) / SOUGHT;
      }
      if (place >= 0 && (first === -1 || place < first)) first = place;
    }
    return first;
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
      if (gate.stops) {
        let end = text.length;
        for (const stop of gate.stops) {
          const place = text.indexOf(stop, until);
          if (place !== -1 && place < end) end = place;
        }
        until = end;
        this.#ends[number] = true;
      } else {
        while (until < limit && this.#reads(gate, until))
          until += (text.codePointAt(until) as number) > 0xffff ? 2 : 1;
        this.#ends[number] = until < limit;
      }
      this.#work.units += (until - at) / (gate.stops ? SOUGHT : PASSED);
      this.#until[number] = until;
    }
    return Math.min(until, limit);
  }
}
