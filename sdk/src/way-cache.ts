/** So many sets of ways of one pattern are remembered; one that meets more is not worth it. */
const MOST = 64;
const MATCH = 255;

/**
 * Which set of ways follows which on what is read: what an automaton is made of, for patterns that have few of them.
 * Changes nothing but the time: work is counted as without it.
 */
export class WayCache {
  /** The words of each set; the first is empty. */
  readonly sets: Int32Array[] = [];
  /** By set what the caller knows of it. */
  readonly marks: number[] = [];
  readonly #classes: number;
  readonly #index = new Map<string, number>();
  readonly #markOf: (words: Int32Array) => number;
  /** By set, whether a match may begin there, and class: the set that follows plus one, `MATCH`, or 0 for unknown. */
  readonly #next: Uint8Array;

  constructor(classes: number, words: number, markOf: (words: Int32Array) => number) {
    this.#classes = classes;
    this.#next = new Uint8Array(2 * MOST * classes);
    this.#markOf = markOf;
    this.number(new Int32Array(words));
  }

  #cell(set: number, begins: boolean, cls: number): number {
    return (2 * set + (begins ? 1 : 0)) * this.#classes + cls;
  }

  /** The set that follows; -1 where that is not known yet, -2 where a match is found. */
  follow(set: number, begins: boolean, cls: number): number {
    const next = this.#next[this.#cell(set, begins, cls)] as number;
    return next === MATCH ? -2 : next - 1;
  }

  /** From `at` on the first place, at most `until`, where what is read leads out of the set, and no match may begin. */
  pass(set: number, text: string, at: number, until: number, latin: ArrayLike<number>): number {
    const row = this.#cell(set, false, 0);
    const same = set + 1;
    let to = at;
    while (to < until) {
      const unit = text.charCodeAt(to);
      if (unit >= latin.length || this.#next[row + (latin[unit] as number)] !== same) break;
      to++;
    }
    return to;
  }

  /** The number of a set; -1 where there is no room for another. */
  number(words: Int32Array): number {
    const key = words.join();
    let known = this.#index.get(key);
    if (known === undefined) {
      if (this.sets.length === MOST) return -1;
      known = this.sets.push(words.slice()) - 1;
      this.marks.push(this.#markOf(words));
      this.#index.set(key, known);
    }
    return known;
  }

  /** Remembers what follows: a set, or -2 for a match. */
  learn(set: number, begins: boolean, cls: number, next: number): void {
    this.#next[this.#cell(set, begins, cls)] = next === -2 ? MATCH : next + 1;
  }
}
