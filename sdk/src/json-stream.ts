/** What a letter behind a backslash stands for. */
export const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** How often JSON may be encoded inside a string of JSON. */
export const DEPTH = 8;

const PLAIN = /[^"\\]*/y;
const BLANK = /\s/;
/** So much of what stands before a quote says whether a string of JSON begins there. */
const TAIL = 80;
/** A comment, or the rest of a line as one, between a bracket or a colon and its value. */
const COMMENT = /(?:\/\*[^*]*\*\/\s?|\/\/[^\n]*\n)$/;
/** The colon of a name without quotes and the dash of a list: YAML, JSON5. */
const NAMED = /(?:[\n{,]\s?|\n(?:-\s)+)([\w.$-]{1,64})\s?:\s?$/;
const LISTED = /\n(?:-\s)+$/;
const COMMAND = /^(?:command|cmd|program|executable|bin)$/i;
const ARGS = /^(?:args?|arguments|argv)$/i;
/** Of a string that is neither, so much is kept: it may be the name of the next one. */
const NAME = 20;

/** Told of the strings in a text, in order, as they are read. */
interface Strings {
  add(text: string): void;
  /** `isLine`: it was put together of a command and its arguments, which is also told as it stands. */
  end(isLine: boolean): void;
  /** JSON that is encoded without a string around it: only what is encoded counts. */
  bare(text: string, isEnd: boolean): void;
  /** What ended last is the name of a field, without escapes. */
  name?(): void;
}

/**
 * Finds the strings of JSON in a text that comes in pieces: the text itself, in words, behind a comment, in a fence; also
 * quoted scalars of YAML. A quote begins one where a bracket, a comma of a list or the colon of a name stands before it,
 * whatever else is quoted in the text, so nothing before it can hide it. Each piece is looked at once.
 */
export class JsonStrings {
  readonly #strings: Strings;
  #state: 'out' | 'in' | 'escape' | 'unit' = 'out';
  #unit = '';
  #tail = '\n';
  #hasBegun = false;
  /** The last bracket that opened outside of strings: commas of a call are no list's. */
  #bracket = '';
  #isBare = false;
  /** The last sign of a string as it is written: its end may be the beginning of another. */
  #last = '';
  #value = '';
  #key = '';
  #command: string | undefined;
  #args: string | undefined;
  #isEscaped = false;
  /** A string without escapes has just ended: it may be a name. */
  #isNamed = false;

  constructor(strings: Strings) {
    this.#strings = strings;
  }

  get isOpen(): boolean {
    return this.#state !== 'out';
  }

  take(piece: string): void {
    let read = '';
    const flush = () => {
      if (this.#isBare) this.#strings.bare(read, false);
      else if (read !== '') this.#strings.add(read);
      const isKept = COMMAND.test(this.#key) || ARGS.test(this.#key);
      if (isKept || this.#value.length <= NAME) this.#value += isKept ? read : read.slice(0, NAME + 1);
      read = '';
    };
    for (let at = 0; at < piece.length; ) {
      const sign = piece[at] ?? '';
      if (this.#state === 'out') {
        const quote = piece.indexOf('"', at);
        this.#outside(piece.slice(at, quote === -1 ? piece.length : quote));
        if (quote === -1) break;
        at = quote + 1;
        this.#quote();
      } else if (this.#state === 'escape') {
        at++;
        this.#unit = '';
        this.#state = sign === 'u' ? 'unit' : 'in';
        if (sign !== 'u') read += ESCAPES[sign] ?? sign;
      } else if (this.#state === 'unit') {
        if (/[0-9a-fA-F]/.test(sign)) {
          at++;
          this.#unit += sign;
          if (this.#unit.length < 4) continue;
          read += String.fromCharCode(Number.parseInt(this.#unit, 16));
          // What is no escape stands for itself.
        } else read += `u${this.#unit}`;
        this.#state = 'in';
      } else {
        PLAIN.lastIndex = at;
        const plain = PLAIN.exec(piece)?.[0] ?? '';
        read += plain;
        const end = plain.trimEnd();
        if (end !== '') this.#last = end[end.length - 1] ?? '';
        at += plain.length;
        if (at >= piece.length) break;
        if (piece[at++] === '\\') {
          this.#last = '\\';
          this.#isEscaped = true;
          this.#state = 'escape';
        } else {
          flush();
          this.#end();
        }
      }
    }
    if (this.#state !== 'out') flush();
  }

  /** The text is over: so is a string that has begun. */
  finish(): void {
    if (this.#state === 'out') return;
    if (this.#state === 'unit') {
      const cut = `u${this.#unit}`;
      if (this.#isBare) this.#strings.bare(cut, false);
      else this.#strings.add(cut);
    }
    this.#last = '';
    this.#end();
  }

  #outside(text: string): void {
    if (text === '') return;
    this.#hasBegun ||= /\S/.test(text);
    if (this.#isNamed && /\S/.test(text)) {
      if (text.trimStart().startsWith(':')) this.#strings.name?.();
      this.#isNamed = false;
    }
    for (let at = text.length - 1; at >= 0; at--) {
      const sign = text[at] ?? '';
      if (sign !== '(' && sign !== '[' && sign !== '{') continue;
      this.#bracket = sign;
      break;
    }
    const end = ending(text);
    const isOne = BLANK.test(end[0] ?? '') && BLANK.test(this.#tail.slice(-1));
    if (isOne && (end[0] === '\n' || this.#tail.endsWith('\n'))) {
      this.#tail = `${this.#tail.slice(0, -1)}\n${end.slice(1)}`.slice(-TAIL);
    } else this.#tail = (this.#tail + (isOne ? end.slice(1) : end)).slice(-TAIL);
  }

  #quote(): void {
    let end = this.#tail.length;
    while (this.#tail[end - 1] === '\\') end--;
    const slashes = this.#tail.slice(end);
    const before = this.#tail.slice(0, end);
    if (!this.#opens(before)) {
      this.#tail = `${this.#tail}"`.slice(-TAIL);
      this.#hasBegun = true;
      return;
    }
    this.#begin(slashes !== '');
    if (slashes !== '') this.take(`${slashes}"`);
  }

  #opens(tail: string): boolean {
    this.#key = '';
    if (!this.#hasBegun) return true;
    const end = tail.trimEnd();
    switch (end[end.length - 1]) {
      case '{':
      case '[':
        return true;
      case ',':
        return this.#isList;
      case '-':
        return LISTED.test(tail);
      case ':': {
        const isQuoted = /["']$/.test(end.slice(-3, -1).trimEnd());
        const name = isQuoted ? this.#value.slice(0, NAME + 1) : NAMED.exec(tail)?.[1];
        this.#key = name ?? '';
        return name !== undefined;
      }
      default: {
        if (!end.endsWith('/') && !tail.endsWith('\n')) return false;
        const before = tail.replace(COMMENT, '');
        return before !== tail && this.#opens(before);
      }
    }
  }

  get #isList(): boolean {
    return this.#bracket === '[' || this.#bracket === '{';
  }

  #begin(isBare: boolean): void {
    this.#hasBegun = true;
    this.#state = 'in';
    this.#isBare = isBare;
    this.#isNamed = false;
    this.#isEscaped = false;
    this.#last = '';
    this.#value = '';
    if (ARGS.test(this.#key) && this.#command !== undefined) this.#strings.add(`${this.#command} `);
  }

  #end(): void {
    this.#state = 'out';
    this.#tail = '"';
    if (this.#isBare) this.#strings.bare('', true);
    else this.#endString();
    this.#isNamed = !this.#isBare && !this.#isEscaped;
    const last = this.#last;
    if (last !== '{' && last !== '[' && last !== ':' && !(last === ',' && this.#isList)) return;
    this.#key = '';
    this.#begin(false);
  }

  #endString(): void {
    const isArgs = ARGS.test(this.#key);
    const value = this.#value;
    const isLine = isArgs && this.#command !== undefined;
    this.#strings.end(isLine);
    if (isLine) this.#tell(value, false);
    else if (isArgs) this.#args = value;
    if (!COMMAND.test(this.#key)) return;
    this.#command = value;
    if (this.#args !== undefined) this.#tell(`${value} ${this.#args}`, true);
    this.#args = undefined;
  }

  #tell(text: string, isLine: boolean): void {
    this.#strings.add(text);
    this.#strings.end(isLine);
  }
}

/** The end of a text, blanks folded into one: a line's end where one was among them. */
function ending(text: string): string {
  const signs: string[] = [];
  for (let at = text.length - 1; at >= 0 && signs.length < TAIL; ) {
    if (!BLANK.test(text[at] ?? '')) {
      signs.push(text[at--] ?? '');
      continue;
    }
    let blank = ' ';
    for (; at >= 0 && BLANK.test(text[at] ?? ''); at--) if (text[at] === '\n') blank = '\n';
    signs.push(blank);
  }
  return signs.reverse().join('');
}

/**
 * The strings of JSON in a text that comes in pieces: `take` answers what the piece adds to them, with escapes resolved
 * and an empty line between two of them, and behind that what it adds to the strings of JSON that is encoded in those, by
 * depth. As `jsonReadings` finds them in a whole text.
 */
export class JsonStream {
  readonly #reader: JsonStrings;
  readonly #depth: number;
  #inner: JsonStream | undefined;
  #out: string[] = [''];

  constructor(depth = DEPTH) {
    this.#depth = depth;
    this.#reader = new JsonStrings({
      add: (text) => {
        this.#out[0] += text;
        this.#descend(text);
      },
      end: () => {
        this.#out[0] += '\n\n';
        this.#endInner();
      },
      bare: (text, isEnd) => {
        this.#descend(text);
        if (isEnd) this.#endInner();
      },
    });
  }

  get isOpen(): boolean {
    return this.#reader.isOpen;
  }

  take(piece: string): string[] {
    this.#out = [''];
    this.#reader.take(piece);
    return this.#out;
  }

  #descend(text: string): void {
    if (this.#depth === 0 || text === '') return;
    this.#inner ??= new JsonStream(this.#depth - 1);
    this.#append(this.#inner.take(text));
  }

  /** A string that ends here ends what is encoded in it. */
  #endInner(): void {
    const inner = this.#inner;
    this.#inner = undefined;
    if (!inner) return;
    inner.#out = [''];
    inner.#reader.finish();
    this.#append(inner.#out);
  }

  #append(texts: readonly string[]): void {
    for (const [at, text] of texts.entries()) this.#out[at + 1] = (this.#out[at + 1] ?? '') + text;
  }
}
