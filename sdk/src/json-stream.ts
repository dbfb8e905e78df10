/** What a letter behind a backslash stands for. */
export const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** How often JSON may be encoded inside a string of JSON. */
export const DEPTH = 8;

const PLAIN = /[^"\\]*/y;
const BLANK = /\s/;
const HEX = /[0-9a-fA-F]/;
/** So much may come without a quote before it is looked at. */
const MOST_BEFORE = 1_024;
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

/** Told of the strings in a text, in order, as they are read. Offsets are those of the outermost text. */
interface Strings {
  /** More of the string that is being read; as it is written, it begins at `from`. */
  add(text: string, from: number): void;
  /** It is over before `at`. */
  end(at: number): void;
  /** JSON that is encoded without a string around it: only what is encoded counts. */
  bare(text: string, from: number): void;
  bareEnd(at: number): void;
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
  /** What came since the last quote and has not been looked at. */
  #before = '';
  #tail = '\n';
  #hasBegun = false;
  /** The last bracket that opened outside of strings: commas of a call are no list's. */
  #bracket = '';
  #isBare = false;
  /** The last sign of a string as it is written: its end may be the beginning of another. */
  #last = '';
  #value = '';
  #key = '';
  /** The string is kept whole: it is a command, or its arguments. */
  #isKept = false;
  #command: string | undefined;
  #args: string | undefined;

  constructor(strings: Strings) {
    this.#strings = strings;
  }

  /** Takes the next piece, which stands at `from`. */
  take(piece: string, from: number): void {
    for (let at = 0; at < piece.length; ) {
      const sign = piece[at] ?? '';
      if (this.#state === 'out') {
        const quote = piece.indexOf('"', at);
        this.#before += piece.slice(at, quote === -1 ? piece.length : quote);
        if (this.#before.length > MOST_BEFORE) this.#outside();
        if (quote === -1) return;
        at = quote + 1;
        this.#outside();
        this.#quote(from + at);
      } else if (this.#state === 'escape') {
        at++;
        this.#unit = '';
        this.#state = sign === 'u' ? 'unit' : 'in';
        if (sign !== 'u') this.#read(ESCAPES[sign] ?? sign, from + at - 2);
      } else if (this.#state === 'unit') {
        if (HEX.test(sign)) {
          at++;
          this.#unit += sign;
          if (this.#unit.length < 4) continue;
          this.#read(String.fromCharCode(Number.parseInt(this.#unit, 16)), from + at - 6);
          // What is no escape stands for itself.
        } else this.#read(`u${this.#unit}`, from + at - 2 - this.#unit.length);
        this.#state = 'in';
      } else {
        PLAIN.lastIndex = at;
        PLAIN.test(piece);
        const plain = piece.slice(at, PLAIN.lastIndex);
        if (plain !== '') this.#read(plain, from + at);
        const end = plain.trimEnd();
        if (end !== '') this.#last = end[end.length - 1] ?? '';
        at += plain.length;
        if (at >= piece.length) return;
        if (piece[at++] === '\\') {
          this.#last = '\\';
          this.#state = 'escape';
        } else this.#end(from + at);
      }
    }
  }

  /** The text is over at `at`: so is a string that has begun. What comes next is another text. */
  finish(at: number): void {
    if (this.#state !== 'out') {
      if (this.#state === 'unit') this.#read(`u${this.#unit}`, at - 2 - this.#unit.length);
      this.#last = '';
      this.#end(at);
    }
    this.#before = '';
    this.#tail = '\n';
    this.#hasBegun = false;
    this.#bracket = '';
    this.#value = '';
    this.#key = '';
    this.#command = undefined;
    this.#args = undefined;
  }

  #read(text: string, from: number): void {
    if (this.#isBare) this.#strings.bare(text, from);
    else this.#strings.add(text, from);
    if (this.#isKept) this.#value += text;
    else if (this.#value === '') this.#value = text;
    else if (this.#value.length <= NAME) this.#value += text.slice(0, NAME + 1);
  }

  #outside(): void {
    const text = this.#before;
    if (text === '') return;
    this.#before = '';
    if (text === ',' || text === ':') {
      this.#hasBegun = true;
      this.#tail += text;
      return;
    }
    this.#hasBegun ||= /\S/.test(text);
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

  /** There is a quote before `at`. */
  #quote(at: number): void {
    let end = this.#tail.length;
    while (this.#tail[end - 1] === '\\') end--;
    const slashes = this.#tail.slice(end);
    const before = this.#tail.slice(0, end);
    if (!this.#opens(before)) {
      this.#tail = `${this.#tail}"`.slice(-TAIL);
      this.#hasBegun = true;
      return;
    }
    this.#begin(slashes !== '', at);
    if (slashes !== '') this.take(`${slashes}"`, at - slashes.length - 1);
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

  #begin(isBare: boolean, at: number): void {
    this.#hasBegun = true;
    this.#state = 'in';
    this.#isBare = isBare;
    this.#last = '';
    this.#value = '';
    this.#isKept = this.#key !== '' && (COMMAND.test(this.#key) || ARGS.test(this.#key));
    if (this.#isKept && this.#command !== undefined && ARGS.test(this.#key)) {
      this.#strings.add(`${this.#command} `, at);
    }
  }

  #end(at: number): void {
    this.#state = 'out';
    this.#tail = '"';
    if (this.#isBare) this.#strings.bareEnd(at);
    else this.#endString(at);
    const last = this.#last;
    if (last !== '{' && last !== '[' && last !== ':' && !(last === ',' && this.#isList)) return;
    this.#key = '';
    this.#begin(false, at);
  }

  #endString(at: number): void {
    this.#strings.end(at);
    if (!this.#isKept) return;
    const value = this.#value;
    if (ARGS.test(this.#key)) {
      // With its command before it, it has been told as one line: now as it stands.
      if (this.#command !== undefined) this.#tell(value, at);
      else this.#args = value;
      return;
    }
    this.#command = value;
    if (this.#args !== undefined) this.#tell(`${value} ${this.#args}`, at);
    this.#args = undefined;
  }

  #tell(text: string, at: number): void {
    this.#strings.add(text, at);
    this.#strings.end(at);
  }
}

/** The end of a text, blanks folded into one: a line's end where one was among them. */
function ending(text: string): string {
  const last = text.slice(-TAIL);
  if (!BLANK.test(last)) return last;
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

/** Told of the strings of JSON in a text, and of those that are encoded in them, by depth. */
interface JsonListener {
  /** More of the string of that depth, with escapes resolved; as it is written, it begins at `from` in the text. */
  add(depth: number, text: string, from: number): void;
  /** The string of that depth is over before `at`; those that are encoded in it have been. */
  end(depth: number, at: number): void;
}

/** The strings of JSON in a text that comes in pieces, also where JSON is encoded in its own strings. */
export class JsonStream {
  readonly #listener: JsonListener;
  /** What reads the text, its strings, theirs, and so on. */
  readonly #readers: JsonStrings[] = [];
  #length = 0;

  constructor(listener: JsonListener) {
    this.#listener = listener;
  }

  take(piece: string): void {
    this.#descend(0, piece, this.#length);
    this.#length += piece.length;
  }

  /** The text is over: so is every string that has begun. */
  finish(): void {
    this.#finish(0, this.#length);
  }

  #descend(depth: number, text: string, from: number): void {
    if (depth > DEPTH) return;
    const reader = this.#readers[depth] ?? this.#open(depth);
    reader.take(text, from);
  }

  #open(depth: number): JsonStrings {
    const inner = depth + 1;
    const reader = new JsonStrings({
      add: (text, from) => {
        this.#listener.add(depth, text, from);
        this.#descend(inner, text, from);
      },
      end: (at) => {
        this.#finish(inner, at);
        this.#listener.end(depth, at);
      },
      bare: (text, from) => this.#descend(inner, text, from),
      bareEnd: (at) => this.#finish(inner, at),
    });
    this.#readers[depth] = reader;
    return reader;
  }

  #finish(depth: number, at: number): void {
    this.#readers[depth]?.finish(at);
  }
}
