const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** How often JSON may be encoded inside a string of JSON, as in json-text.ts. */
const DEPTH = 8;

/**
 * Reads a text that comes in pieces, where it begins as JSON: `take` answers what the piece adds to its strings, with
 * escapes resolved and an empty line between two of them, and behind that what it adds to the strings of JSON that is
 * encoded in those, by depth. Of any other text nothing. Each piece is looked at once.
 */
export class JsonStream {
  #state: 'before' | 'between' | 'in' | 'escape' | 'unit' | 'none' = 'before';
  #unit = '';
  /** It is one string, not an object or a list. */
  #isString = false;
  readonly #depth: number;
  #inner: JsonStream | undefined;

  constructor(depth = DEPTH) {
    this.#depth = depth;
  }

  take(piece: string): string[] {
    const out = [''];
    let read = '';
    const flush = (end = '') => {
      out[0] += read + end;
      for (const [at, text] of (this.#inner?.take(read) ?? []).entries()) {
        // A string that ends here ends what is encoded in it.
        out[at + 1] = (out[at + 1] ?? '') + text + (at === 0 && this.#inner?.isOpen ? end : '');
      }
      read = '';
    };
    for (const sign of piece) {
      switch (this.#state) {
        case 'none':
          return out;
        case 'before':
          if (/[\s\uFEFF]/.test(sign)) break;
          this.#isString = sign === '"';
          if (this.#isString) this.#begin();
          else this.#state = sign === '{' || sign === '[' ? 'between' : 'none';
          break;
        case 'between':
          if (sign === '"') this.#begin();
          break;
        case 'in':
          if (sign === '\\') this.#state = 'escape';
          else if (sign === '"') {
            flush('\n\n');
            this.#inner = undefined;
            this.#state = this.#isString ? 'none' : 'between';
          } else read += sign;
          break;
        case 'escape':
          this.#unit = '';
          this.#state = sign === 'u' ? 'unit' : 'in';
          if (sign !== 'u') read += ESCAPES[sign] ?? sign;
          break;
        case 'unit':
          this.#unit += sign;
          if (this.#unit.length < 4) break;
          read += String.fromCharCode(Number.parseInt(this.#unit, 16) || 0);
          this.#state = 'in';
          break;
      }
    }
    flush();
    return out;
  }

  /** Whether what comes may still be read: it has begun as JSON, or not begun. */
  get isJson(): boolean {
    return this.#state !== 'none';
  }

  get isOpen(): boolean {
    return this.#state === 'in' || this.#state === 'escape' || this.#state === 'unit';
  }

  #begin(): void {
    this.#state = 'in';
    this.#inner = this.#depth === 0 ? undefined : new JsonStream(this.#depth - 1);
  }
}
