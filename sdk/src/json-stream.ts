const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/**
 * Reads a text that comes in pieces, where it begins as JSON: `take` answers what the piece adds to its strings, with
 * escapes resolved and an empty line between two of them. Of any other text nothing. Each piece is looked at once.
 */
export class JsonStream {
  #state: 'before' | 'between' | 'in' | 'escape' | 'unit' | 'none' = 'before';
  #unit = '';

  take(piece: string): string {
    let out = '';
    for (const sign of piece) {
      switch (this.#state) {
        case 'none':
          return out;
        case 'before':
          if (/[\s\uFEFF]/.test(sign)) break;
          this.#state = sign === '{' || sign === '[' ? 'between' : 'none';
          break;
        case 'between':
          if (sign === '"') this.#state = 'in';
          break;
        case 'in':
          if (sign === '\\') this.#state = 'escape';
          else if (sign === '"') {
            this.#state = 'between';
            out += '\n\n';
          } else out += sign;
          break;
        case 'escape':
          this.#unit = '';
          this.#state = sign === 'u' ? 'unit' : 'in';
          if (sign !== 'u') out += ESCAPES[sign] ?? sign;
          break;
        case 'unit':
          this.#unit += sign;
          if (this.#unit.length < 4) break;
          out += String.fromCharCode(Number.parseInt(this.#unit, 16) || 0);
          this.#state = 'in';
          break;
      }
    }
    return out;
  }
}
