import { longestWay, type Program } from './program.ts';

/** More strings in one list are not worth looking for. */
const LIST = 64;
/** Characters of one string; what is longer is looked for by its first part. */
const LENGTH = 64;
/** Steps over instructions before giving up: alternatives nested deeply are walked again at every level. */
const STEPS = 3_000_000;

interface Needs {
  /** From every list at least one string is read, case-folded. */
  lists: string[][];
  /** Set when the ways read exactly one of these and nothing else. */
  exact: string[] | null;
}

const shortest = (list: readonly string[]) => list.reduce((least, text) => Math.min(least, text.length), 1e9);

/** The list that is hardest to meet by chance. */
export function rarest(lists: readonly string[][]): string[] | undefined {
  let best: string[] | undefined;
  let most = 0;
  for (const list of lists) {
    const score = shortest(list) - Math.log2(list.length) / 4;
    if (score > most) {
      best = list;
      most = score;
    }
  }
  return best;
}

/** A shorter string is in nearly every text. */
export const SHORT = 3;

/** The strings that a rule is found by, of which each hit has one; undefined where there are none of use. */
export const soughtIn = (required: readonly string[][] | null): string[] | undefined =>
  rarest((required ?? []).filter((list) => list.every((text) => text.length >= SHORT)));

/** So many lists of one pattern are watched at most. */
const WATCHED = 4;
/** Longer lists are not. */
const FEW = 4;

/**
 * What the sweep looks for on behalf of a rule: first the strings that it is found by, none where there are none of use.
 * Behind them, of a pattern whose matches can be of any length, other strings that each match holds: where it can begin and
 * what it waits for is then known from the one pass that is made for all rules.
 */
export function watchedIn(required: readonly string[][] | null, program: Program | null): string[][] {
  const sought = soughtIn(required);
  if (!sought) return [];
  if (!program || longestWay(program) !== null) return [sought];
  const others = (required ?? []).filter(
    (list) => list !== sought && list.length <= FEW && list.every((text) => text.length >= SHORT),
  );
  return [sought, ...others.slice(0, WATCHED - 1)];
}

const joined = (left: readonly string[], right: readonly string[]): string[] | null => {
  if (left.length * right.length > LIST) return null;
  const all = new Set<string>();
  for (const a of left) for (const b of right) all.add(a + b);
  return [...all];
};

class OutOfSteps extends Error {}

/**
 * What every way from start to end must read. The instructions that all ways pass are found first, in order; between
 * two of them either one thing is read, or there are alternatives, of which one must be: from each its best list.
 */
class Walk {
  readonly #program: Program;
  readonly #dead: Uint8Array;
  #steps = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#dead = new Uint8Array(program.next.length);
  }

  #count(steps: number) {
    this.#steps += steps;
    if (this.#steps > STEPS) throw new OutOfSteps();
  }

  *#live(node: number, end: number): Generator<number> {
    if (node === end) return;
    for (const to of this.#program.next[node] ?? []) if (!this.#dead[to] || to === end) yield to;
  }

  /** Some shortest way, null when `end` cannot be reached. */
  #way(start: number, end: number): number[] | null {
    const from = new Map<number, number>([[start, -1]]);
    const open = [start];
    for (const node of open) {
      if (node === end) {
        const way: number[] = [];
        for (let at = end; at !== -1; at = from.get(at) ?? -1) way.push(at);
        return way.reverse();
      }
      this.#count(1);
      for (const to of this.#live(node, end)) {
        if (from.has(to)) continue;
        from.set(to, node);
        open.push(to);
      }
    }
    return null;
  }

  /** Those of a way that no other way avoids, with its first and last. */
  #passed(way: readonly number[], end: number): number[] {
    const place = new Map(way.map((node, at) => [node, at]));
    const seen = new Set<number>();
    const passed: number[] = [];
    let far = 0;
    for (const [at, node] of way.entries()) {
      if (at >= far) passed.push(node);
      const open = [node];
      for (let each = open.pop(); each !== undefined; each = open.pop()) {
        this.#count(1);
        for (const to of this.#live(each, end)) {
          const on = place.get(to);
          if (on !== undefined) far = Math.max(far, on);
          else if (!seen.has(to)) {
            seen.add(to);
            open.push(to);
          }
        }
      }
    }
    return passed;
  }

  #returns(node: number, end: number): boolean {
    const seen = new Set<number>();
    const open = [...this.#live(node, end)];
    for (let each = open.pop(); each !== undefined; each = open.pop()) {
      if (each === node) return true;
      if (seen.has(each)) continue;
      seen.add(each);
      this.#count(1);
      open.push(...this.#live(each, end));
    }
    return false;
  }

  /** Whether some way reads nothing. */
  #skips(start: number, end: number): boolean {
    const seen = new Set<number>();
    const open = [start];
    for (let each = open.pop(); each !== undefined; each = open.pop()) {
      if (each === end) return true;
      if (seen.has(each) || this.#program.width[each]) continue;
      seen.add(each);
      this.#count(1);
      open.push(...this.#live(each, end));
    }
    return false;
  }

  /**
   * Null when `end` cannot be reached from `start`. With `exactOnly` the lists do not matter and the walk ends where
   * it is known not to be exact: `.{0,200}` is 200 alternatives inside one another, each of which may be left out.
   */
  needs(start: number, end: number, exactOnly = false): Needs | null {
    const way = this.#way(start, end);
    if (!way) return null;
    if (exactOnly && start !== end && this.#program.few[start] === null) return { lists: [], exact: null };
    const passed = this.#passed(way, end);
    const lists: string[][] = [];
    let whole = true;
    let tail: string[] = [''];
    const cut = () => {
      if (shortest(tail) > 0) lists.push(tail);
      tail = [''];
      whole = false;
    };
    const append = (texts: readonly string[]) => {
      let next = shortest(tail) > LENGTH ? null : joined(tail, texts);
      if (!next) {
        cut();
        next = [...texts];
      }
      tail = next;
    };
    for (const [at, node] of passed.entries()) {
      const until = passed[at + 1];
      if (until === undefined || (exactOnly && !whole)) break;
      if (this.#program.width[node]) {
        const reads = this.#program.few[node];
        if (reads) append(reads);
        else cut();
        continue;
      }
      const branches = [...this.#live(node, end)];
      if (branches.length < 2) continue;
      // What was read in earlier rounds of a loop stands between what came before it and its last round.
      if (this.#returns(node, end)) cut();
      this.#dead[node] = 1;
      const only = exactOnly || branches.some((branch) => this.#skips(branch, until));
      const found = branches.flatMap((branch) => this.needs(branch, until, only) ?? []);
      this.#dead[node] = 0;
      const texts = new Set<string>();
      for (const { exact } of found) for (const text of exact ?? []) texts.add(text);
      if (found.every(({ exact }) => exact !== null) && texts.size <= LIST) {
        append([...texts]);
        continue;
      }
      cut();
      const best = found.map((branch) => rarest(branch.lists));
      const either = new Set(best.flatMap((list) => list ?? []));
      if (best.every((list) => list !== undefined) && either.size <= LIST) lists.push([...either]);
    }
    const exact = whole ? tail : null;
    if (shortest(tail) > 0) lists.push(tail);
    return { lists, exact };
  }
}

/** From every list at least one string is in each match, case-folded; null when nothing can be said. */
export function requiredIn(program: Program): string[][] | null {
  try {
    return new Walk(program).needs(program.start, program.end)?.lists ?? null;
  } catch (error) {
    if (error instanceof OutOfSteps) return null;
    throw error;
  }
}
