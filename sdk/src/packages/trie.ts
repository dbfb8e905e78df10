import { APART, DASH, DOT, type Words, wordsOf } from './words.ts';

/** Open addressing from a state and a symbol to the state that follows. */
const mix = (state: number, symbol: number) => Math.imul(state ^ Math.imul(symbol, 0x9e3779b1), 0x85ebca6b);

/** How a word is joined is part of what is read; `-`, `_` and `.` are one. */
const symbolOf = (hash: number, joint: number) =>
  Math.imul(hash ^ ((joint === DOT ? DASH : joint) + 1), 0x01000193);

/**
 * Names as paths of words: which of a hundred thousand begin at a word is one look-up, whatever their number, and a walk
 * goes on only while some name does. What is found is necessary, not sufficient: words are told apart by hashes.
 */
export class NameTrie {
  /** The longest stretch of text that a name can take, UTF-16 units. */
  readonly reach: number;
  readonly bytes: number;
  readonly #mask: number;
  readonly #from: Int32Array;
  readonly #by: Int32Array;
  readonly #to: Int32Array;
  /** The first name that ends at a state plus one, and the next one that ends where a name does. */
  readonly #ends: Int32Array;
  readonly #more: Int32Array;
  readonly #parents: Uint8Array;

  constructor(names: readonly string[], jointMax: number) {
    const { count, starts, hashes, joints } = wordsOf(names.join('\n'));
    const size = 2 ** Math.ceil(Math.log2(Math.max(8, 2 * count)));
    this.#mask = size - 1;
    this.#from = new Int32Array(size).fill(-1);
    this.#by = new Int32Array(size);
    this.#to = new Int32Array(size);
    this.#ends = new Int32Array(count + 1);
    this.#more = new Int32Array(names.length);
    this.#parents = new Uint8Array(count + 1);
    let states = 1;
    let reach = 0;
    let at = 0;
    let offset = 0;
    for (const [id, name] of names.entries()) {
      offset += name.length + 1;
      const first = at;
      let state = 0;
      for (; at < count && (starts[at] as number) < offset; at++) {
        const symbol = symbolOf(hashes[at] as number, at === first ? APART : (joints[at] as number));
        let slot = mix(state, symbol) & this.#mask;
        while (this.#from[slot] !== -1 && (this.#from[slot] !== state || this.#by[slot] !== symbol)) {
          slot = (slot + 1) & this.#mask;
        }
        if (this.#from[slot] === -1) {
          this.#from[slot] = state;
          this.#by[slot] = symbol;
          this.#to[slot] = states++;
          this.#parents[state] = 1;
        }
        state = this.#to[slot] as number;
      }
      if (state === 0) continue;
      this.#more[id] = this.#ends[state] as number;
      this.#ends[state] = id + 1;
      reach = Math.max(reach, name.length + (at - first) * jointMax);
    }
    this.reach = reach;
    this.bytes = 3 * this.#from.byteLength + 5 * (count + 1) + this.#more.byteLength;
  }

  /** The state that follows on a word of a text; -1 for none. */
  step(state: number, words: Words, at: number): number {
    const joint = state === 0 ? APART : (words.joints[at] as number);
    if (state !== 0 && joint === APART) return -1;
    const symbol = symbolOf(words.hashes[at] as number, joint);
    let slot = mix(state, symbol) & this.#mask;
    for (; this.#from[slot] !== -1; slot = (slot + 1) & this.#mask) {
      if (this.#from[slot] === state && this.#by[slot] === symbol) return this.#to[slot] as number;
    }
    return -1;
  }

  /** Whether some name goes on behind a state. */
  goesOn(state: number): boolean {
    return this.#parents[state] === 1;
  }

  /** The names that end at a state, by their numbers. */
  *endingAt(state: number): Generator<number> {
    for (let id = this.#ends[state] as number; id !== 0; id = this.#more[id - 1] as number) yield id - 1;
  }

  hasEnd(state: number): boolean {
    return this.#ends[state] !== 0;
  }
}
