import { foldCase } from './fold.ts';
import { compileRe2 } from './match.ts';

/**
 * The compiled program of an RE2 pattern as a graph: what re2js itself runs, so that nothing said here about a
 * pattern can differ from what it matches. re2js keeps its parser to itself; its programs are plain data.
 */
export interface Program {
  start: number;
  /** Where every match ends. */
  end: number;
  /** Where each instruction goes on; only instructions on some way from `start` to `end` have any. */
  next: readonly (readonly number[])[];
  /** UTF-16 units that each instruction reads at most: 0, 1 or 2. */
  width: Uint8Array;
  /** What each reading instruction may read, case-folded; null where that is more than a few characters. */
  few: readonly (readonly string[] | null)[];
  /** Whether an instruction reads a character, by its code point. */
  reads(node: number, rune: number): boolean;
  /** Code points at which instructions may begin to differ in what they read, ascending. */
  bounds: ArrayLike<number>;
  /** What an instruction asks of the place where it is, in re2js' bits; 0 for most. */
  looks: Uint8Array;
  /** Whether some way asks what stands beside a place (`^`, `$`, `\b`). */
  asserts: boolean;
  /** Adds what an instruction may read to a set: true for each ASCII character, and at `OTHER` for all others. */
  mark(node: number, set: Uint8Array): void;
}

/** Where a set of characters says whether it has any that is not ASCII. */
export const OTHER = 0x80;

// Operations of re2js' instructions, `Inst` in its source. Unknown ones make `readProgram` give up.
const ALT = 1;
const ALT_MATCH = 2;
const CAPTURE = 3;
const EMPTY_WIDTH = 4;
const FAIL = 5;
const MATCH = 6;
const NOP = 7;
const RUNE = 8;
const RUNE1 = 9;
const ANY = 10;
const ANY_NOT_NEWLINE = 11;

const FOLD = 1;
/** Letters up to here, where all that re2js takes for one letter under `(?i)` is one letter for `foldCase` (tested). */
export const FOLD_KNOWN = 0x17f;
/** A class of more characters is taken for any character. */
const FEW = 8;

interface Instruction {
  op: number;
  out: number;
  arg: number;
  runes: ArrayLike<number>;
  matchRune(rune: number): boolean;
}

function isInstruction(value: unknown): value is Instruction {
  if (typeof value !== 'object' || value === null) return false;
  const { op, out, arg, runes } = value as Record<string, unknown>;
  return (
    typeof op === 'number' &&
    typeof out === 'number' &&
    typeof arg === 'number' &&
    'matchRune' in value &&
    typeof value.matchRune === 'function' &&
    runes instanceof Int32Array
  );
}

/** What an instruction reads, case-folded, where it is a few characters that folding knows. */
function fewOf({ op, arg, runes }: Instruction): string[] | null {
  if (op === ANY || op === ANY_NOT_NEWLINE || runes.length === 0) return null;
  const single = runes.length === 1;
  if (!single && runes.length % 2 !== 0) return null;
  if (single && (arg & FOLD) !== 0 && (runes[0] ?? 0) > FOLD_KNOWN) return null;
  const characters = new Set<string>();
  for (let at = 0, count = 0; at < runes.length; at += 2) {
    const low = runes[at] ?? 0;
    const high = single ? low : (runes[at + 1] ?? 0);
    count += high - low + 1;
    if (count > FEW || (low <= 0xdfff && high >= 0xd800)) return null;
    for (let rune = low; rune <= high; rune++) characters.add(foldCase(String.fromCodePoint(rune)));
  }
  return [...characters];
}

function widthOf({ op, runes }: Instruction): number {
  if (op === ANY || op === ANY_NOT_NEWLINE) return 2;
  return (runes[runes.length - 1] ?? 0) > 0xffff ? 2 : 1;
}

function mark({ op, arg, runes }: Instruction, set: Uint8Array): void {
  if (op === ANY || op === ANY_NOT_NEWLINE || runes.length === 0) {
    for (let unit = 0; unit <= OTHER; unit++) if (op !== ANY_NOT_NEWLINE || unit !== 0x0a) set[unit] = 1;
    return;
  }
  const single = runes.length === 1;
  for (let at = 0; at < runes.length; at += 2) {
    const low = runes[at] ?? 0;
    const high = single ? low : (runes[at + 1] ?? low);
    for (let unit = low; unit <= Math.min(high, OTHER - 1); unit++) set[unit] = 1;
    if (high >= OTHER) set[OTHER] = 1;
  }
  // What is one letter with another under `(?i)`: all letters, rather than looking up which.
  if ((arg & FOLD) !== 0) {
    for (let unit = 0x41; unit <= 0x5a; unit++) set[unit] = set[unit + 0x20] = 1;
    set[OTHER] = 1;
  }
}

/** Which nodes are reached from `from` along `edges`. */
function reached(from: number, edges: readonly (readonly number[])[]): Uint8Array {
  const seen = new Uint8Array(edges.length);
  const open = [from];
  seen[from] = 1;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const next of edges[node] ?? []) {
      if (seen[next]) continue;
      seen[next] = 1;
      open.push(next);
    }
  }
  return seen;
}

/** Null for a program of another form than the one known here. Throws re2js' error for what is not RE2. */
export function readProgram(pattern: string, ignoreCase: boolean): Program | null {
  const { prog, dfa } = compileRe2(pattern, ignoreCase).re2() as unknown as {
    prog?: { inst?: unknown[]; start?: unknown; numLb?: unknown };
    dfa?: { classBounds?: unknown };
  };
  const bounds = dfa?.classBounds;
  if (!(bounds instanceof Int32Array)) return null;
  const instructions = prog?.inst;
  const start = prog?.start;
  if (!Array.isArray(instructions) || typeof start !== 'number' || prog?.numLb !== 0) return null;
  const next: number[][] = [];
  const before: number[][] = instructions.map(() => []);
  const width = new Uint8Array(instructions.length);
  const looks = new Uint8Array(instructions.length);
  const few: (string[] | null)[] = [];
  let end = -1;
  for (const [node, instruction] of instructions.entries()) {
    if (!isInstruction(instruction)) return null;
    const { op, out, arg } = instruction;
    let to: number[];
    if (op === ALT || op === ALT_MATCH) to = out === arg ? [out] : [out, arg];
    else if (op === CAPTURE || op === EMPTY_WIDTH || op === NOP) to = [out];
    else if (op === RUNE || op === RUNE1 || op === ANY || op === ANY_NOT_NEWLINE) {
      to = [out];
      width[node] = widthOf(instruction);
    } else if (op === FAIL || op === MATCH) to = [];
    else return null;
    if (op === MATCH) {
      if (end !== -1) return null;
      end = node;
    }
    next.push(to);
    few.push(width[node] ? fewOf(instruction) : []);
    if (op === EMPTY_WIDTH) looks[node] = arg;
    for (const each of to) before[each]?.push(node);
  }
  if (end === -1) return null;
  const forward = reached(start, next);
  const backward = reached(end, before);
  const live = (node: number) => forward[node] === 1 && backward[node] === 1;
  if (!live(start)) return null;
  return {
    start,
    end,
    next: next.map((to, node) => (live(node) ? to.filter(live) : [])),
    width,
    few,
    reads: (node, rune) => (instructions as Instruction[])[node]?.matchRune(rune) === true,
    bounds,
    looks,
    asserts: looks.some((asked, node) => asked !== 0 && live(node)),
    mark: (node, set) => mark((instructions as Instruction[])[node] as Instruction, set),
  };
}

/**
 * The same for whoever only asks whether there is a match: a loop over one character that it begins with is read once at
 * most. Where `[a-z]*name` matches, `name` does, and begins where that stands.
 */
export function withoutLead(program: Program): Program {
  const { next, width, looks } = program;
  const entered = new Set<number>();
  let node = program.start;
  for (;;) {
    const to = next[node] ?? [];
    const loop = to.find((each) => width[each] && next[each]?.length === 1 && next[each][0] === node);
    if (to.length === 2 && loop !== undefined) {
      const only = to.filter((each) => each !== loop);
      return { ...program, next: next.map((each, at) => (at === node ? only : each)) };
    }
    // `[a-z]+` reads one before it comes to its loop.
    const isReader = width[node] !== 0;
    if (to.length !== 1 || looks[node] || entered.has(node) || (isReader && !isLoopOf(program, node)))
      return program;
    entered.add(node);
    node = to[0] as number;
  }
}

/** Whether what reads at `node` is the body of the loop behind it. */
const isLoopOf = ({ next }: Program, node: number) =>
  next[node]?.some((loop) => next[loop]?.length === 2 && next[loop].includes(node)) === true;

/** UTF-16 units of the longest way from start to end; null when there is none. */
export function longestWay({ start, end, next, width }: Program): number | null {
  const open = new Int32Array(next.length);
  for (const to of next) for (const each of to) open[each] = (open[each] ?? 0) + 1;
  const length = new Int32Array(next.length);
  const ready = [start];
  if (open[start] !== 0) return null;
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    if (node === end) return length[end] ?? null;
    const reach = (length[node] ?? 0) + (width[node] ?? 0);
    for (const to of next[node] ?? []) {
      length[to] = Math.max(length[to] ?? 0, reach);
      open[to] = (open[to] ?? 0) - 1;
      if (open[to] === 0) ready.push(to);
    }
  }
  // A loop: some instruction never had all that come before it done.
  return null;
}

/** Whether some way reads nothing at all: the pattern can match a place without text. */
export function readsNothing({ start, end, next, width }: Program): boolean {
  const empty = next.map((to, node) => (width[node] ? [] : to));
  return reached(start, empty)[end] === 1;
}
