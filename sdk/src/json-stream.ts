const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** How often JSON may be encoded inside a string of JSON, as in json-text.ts. */
const DEPTH = 8;

const isOpening = (sign: string) => sign === '{' || sign === '[';

/**
 * Reads a text that comes in pieces, where it begins as JSON: `take` answers what the piece adds to its strings, with
 * escapes resolved and an empty line between two of them, and behind that what it adds to the strings of JSON that is
 * encoded in those, by depth. Of any other text nothing. Each piece is looked at once.
 */
export class JsonStream {
  #state: 'before' | 'between' | 'behind' | 'after' | 'maybe' | 'in' | 'escape' | 'unit' | 'none' = 'before';
  #unit = '';
  /** It is one string, not an object or a list. */
  #isString = false;
  /** Objects and lists that are open. Behind the last come more, or, behind words, a bracket and a string. */
  #open = 0;
  #opening = '';
  /** No words stand before it. */
  #isBehind = false;
  /** JSON that is encoded without a string around it: only what is encoded counts. */
  #isBare = false;
  readonly #depth: number;
  #inner: JsonStream | undefined;

  constructor(depth = DEPTH) {
    this.#depth = depth;
  }

  take(piece: string): string[] {
    const out = [''];
    let read = '';
    const flush = (end = '') => {
      if (!this.#isBare) out[0] += read + end;
      for (const [at, text] of (this.#inner?.take(read) ?? []).entries()) {
        // A string that ends here ends what is encoded in it.
        out[at + 1] = (out[at + 1] ?? '') + text + (at === 0 && this.#inner?.isOpen ? end : '');
      }
      read = '';
    };
    const take = (sign: string) => {
      switch (this.#state) {
        case 'none':
          return;
        case 'before':
          if (/[\s\uFEFF]/.test(sign)) return;
          this.#isString = sign === '"';
          if (this.#isString) this.#begin();
          else if (isOpening(sign)) {
            this.#open = 1;
            this.#state = 'between';
          } else this.#state = 'none';
          return;
        case 'between':
          if (sign === '"') this.#begin();
          else if (isOpening(sign)) this.#open++;
          else if ((sign === '}' || sign === ']') && --this.#open <= 0) this.#state = 'behind';
          return;
        case 'behind':
        case 'after':
          if (isOpening(sign)) {
            this.#isBehind = this.#state === 'behind';
            this.#open = 1;
            this.#opening = sign;
            this.#state = 'maybe';
          } else if (sign.trim() !== '') this.#state = 'after';
          return;
        case 'maybe': {
          const isEncoded = this.#opening.endsWith('\\');
          if (sign === '"') {
            if (isEncoded) this.#open = 0;
            this.#begin(isEncoded);
            if (isEncoded) for (const each of this.#opening + sign) take(each);
          } else if (sign === '\\' || (!isEncoded && sign.trim() === '')) this.#opening += sign;
          else if (isOpening(sign)) {
            this.#isBehind &&= !isEncoded;
            this.#open = this.#isBehind ? this.#open + 1 : 1;
            this.#opening = sign;
          } else if (this.#isBehind && !isEncoded) {
            this.#state = 'between';
            take(sign);
          } else this.#state = 'after';
          return;
        }
        case 'in':
          if (sign === '\\') this.#state = 'escape';
          else if (sign === '"') {
            flush('\n\n');
            this.#inner = undefined;
            this.#isBare = false;
            if (this.#isString) this.#state = 'none';
            else this.#state = this.#open > 0 ? 'between' : 'after';
          } else read += sign;
          return;
        case 'escape':
          this.#unit = '';
          this.#state = sign === 'u' ? 'unit' : 'in';
          if (sign !== 'u') read += ESCAPES[sign] ?? sign;
          return;
        case 'unit':
          // What is no escape stands for itself.
          if (!/[0-9a-fA-F]/.test(sign)) {
            read += `u${this.#unit}`;
            this.#state = 'in';
            take(sign);
            return;
          }
          this.#unit += sign;
          if (this.#unit.length < 4) return;
          read += String.fromCharCode(Number.parseInt(this.#unit, 16));
          this.#state = 'in';
      }
    };
    for (const sign of piece) {
      if (this.#state === 'none') break;
      take(sign);
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

  #begin(isBare = false): void {
    this.#state = 'in';
    this.#isBare = isBare;
    this.#inner = this.#depth === 0 ? undefined : new JsonStream(this.#depth - 1);
  }
}
