/**
 * What is a comment and what is a string, for one family of languages: one pass from left to right that never goes back,
 * so it costs time linear in the text whatever the text is. Strings hide what would open a comment, comments hide
 * everything. Texts are often fragments: what is never closed runs to the end of its line or of the text.
 */

/** `line` strings end with the line at the latest; `block` strings may hold whole programs and are read as code. */
type Kind = 'code' | 'comment' | 'line' | 'block';

export interface Opener {
  /** Source of an expression without groups. */
  opens: string;
  kind: Exclude<Kind, 'code'>;
  /** Where the comment or string ends that `opener` opens, which itself ends at `from`; -1 when it opens nothing. */
  end: (text: string, from: number, opener: string, at: number) => number;
}

export interface Syntax {
  openers: readonly Opener[];
  search: RegExp;
}

export function syntax(...openers: Opener[]): Syntax {
  return { openers, search: new RegExp(openers.map(({ opens }) => `(${opens})`).join('|'), 'gm') };
}

/** Where `close` ends next, from `from`; the end of the text when it never does. */
function past(text: string, close: string, from: number): number {
  const at = text.indexOf(close, from);
  return at === -1 ? text.length : at + close.length;
}

const search = (pattern: RegExp, text: string, from: number): number => {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
};

const LINE_END = /[\n\r]/g;
const lineEnd = (text: string, from: number): number => search(LINE_END, text, from);

/** A comment to the end of its line. */
export const lineComment = (opens: string, ends = /[\n\r]/g): Opener => ({
  opens,
  kind: 'comment',
  end: (text, from) => search(ends, text, from),
});

export const blockComment = (opens: string, close: string): Opener => ({
  opens,
  kind: 'comment',
  end: (text, from) => past(text, close, from),
});

/** Comments that hold comments, as in Rust, Swift and Dart. */
export const nestedComment: Opener = {
  opens: '/\\*',
  kind: 'comment',
  end: (text, from) => {
    const mark = /\/\*|\*\//g;
    mark.lastIndex = from;
    let depth = 1;
    for (let found = mark.exec(text); found; found = mark.exec(text)) {
      depth += found[0] === '/*' ? 1 : -1;
      if (depth === 0) return mark.lastIndex;
    }
    return text.length;
  },
};

const QUOTED: Record<string, RegExp> = {
  '"': /[^"\\\n\r]*(?:\\(?:\r\n|[\s\S])[^"\\\n\r]*)*"?/y,
  "'": /[^'\\\n\r]*(?:\\(?:\r\n|[\s\S])[^'\\\n\r]*)*'?/y,
  '`': /[^`\\]*(?:\\[\s\S][^`\\]*)*`?/y,
};

function quotedEnd(text: string, from: number, opener: string): number {
  const pattern = QUOTED[opener.at(-1) ?? ''];
  if (!pattern) return from;
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

/** A string with escapes that ends with its line at the latest. An apostrophe inside of a word opens nothing. */
export const lineString = (quote: '"' | "'", prefix = ''): Opener => ({
  opens: `${quote === "'" || prefix !== '' ? '(?<![\\w\\\\])' : ''}${prefix}${quote}`,
  kind: 'line',
  end: quotedEnd,
});

/** A string with escapes over any number of lines. */
export const template: Opener = { opens: '`', kind: 'block', end: quotedEnd };

export const blockString = (opens: string, close: string): Opener => ({
  opens,
  kind: 'block',
  end: (text, from) => past(text, close, from),
});

/** `<<EOF`, `<<~'EOF'`, `<<<EOF`: to the line that holds only the word. */
export const heredoc = (opens: string): Opener => ({
  opens: `${opens}["']?[A-Za-z_]\\w{0,60}["']?(?=[ \\t;)]*[\\n\\r])`,
  kind: 'block',
  end: (text, from, opener) => {
    const word = /\w+/.exec(opener)?.[0] ?? '';
    for (let at = text.indexOf(word, from); at !== -1; at = text.indexOf(word, at + word.length)) {
      const after = text[at + word.length];
      if (/[\n\r][ \t]{0,200}$/.test(text.slice(Math.max(from, at - 201), at)) && !/\w/.test(after ?? ''))
        return at + word.length;
    }
    return text.length;
  },
});

/** A Markdown fence ends whatever was open before it: what follows is another text. */
const FENCE = '^[ \\t]{0,12}(?:`{3,}|~{3,})[^\\n\\r`]{0,80}$';

/** 1 for blanks, 2 for line ends. */
const BLANKS = Uint8Array.from({ length: 128 }, (_, unit) => {
  const char = String.fromCharCode(unit);
  return /[\n\r]/.test(char) ? 2 : /\s/.test(char) ? 1 : 0;
});
const isBlankBeyond = (unit: number) => unit > 127 && /\s/.test(String.fromCharCode(unit));
/** A comment that was not taken for one where a text of unknown language held it, between two words of a statement. */
const BETWEEN = 1_000;

const [TAB, LF, FEED, CR, SPACE] = [0x09, 0x0a, 0x0c, 0x0d, 0x20];
const [HASH, BRACKET, SLASH, BACKSLASH] = [0x23, 0x28, 0x2f, 0x5c];
const BYTE_ORDER_MARK = 0xfeff;

export class Code {
  readonly text: string;
  readonly #syntax: Syntax;
  /** The language is not known: the text may be prose with code in it. */
  readonly #mixed: boolean;
  /** Starts, ends and kinds, in order. */
  #starts: number[] | undefined;
  #ends: number[] = [];
  #kinds: Kind[] = [];
  #last = -1;

  constructor(text: string, of: Syntax, mixed: boolean) {
    this.text = text;
    this.#syntax = of;
    this.#mixed = mixed;
  }

  #regions(): number[] {
    if (this.#starts) return this.#starts;
    const { text } = this;
    const starts: number[] = [];
    this.#starts = starts;
    const fences = fencesOf(text);
    let nextFence = 0;
    const { search: pattern, openers } = this.#syntax;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const at = match.index;
      while ((fences[nextFence] ?? Number.POSITIVE_INFINITY) < at) nextFence++;
      if (fences[nextFence] === at || this.#isPath(at)) {
        pattern.lastIndex = fences[nextFence] === at ? lineEnd(text, at) : at + 2;
        continue;
      }
      const opener = openers[
        match.findIndex((group, index) => index > 0 && group !== undefined) - 1
      ] as Opener;
      let end = opener.end(text, at + match[0].length, match[0], at);
      if (end === -1) {
        pattern.lastIndex = at + 1;
        continue;
      }
      if (this.#mixed) {
        let fence = nextFence;
        while ((fences[fence] ?? end) <= at) fence++;
        end = Math.min(end, fences[fence] ?? end);
      }
      starts.push(at);
      this.#ends.push(end);
      this.#kinds.push(opener.kind);
      pattern.lastIndex = Math.max(end, at + 1);
    }
    return starts;
  }

  /** `/tmp/*` and `https://` in prose open no comment. */
  #isPath(at: number): boolean {
    return this.#mixed && this.text[at] === '/' && /[\w./:*]/.test(this.text[at - 1] ?? ' ');
  }

  /** The last that begins at or before `at`; mostly one of two, as places are asked for in order. */
  #indexAt(at: number): number {
    const starts = this.#regions();
    const last = this.#last;
    if (last === -1 || (starts[last] as number) <= at) {
      if (last + 1 >= starts.length || at < (starts[last + 1] as number)) return last;
      if (last + 2 >= starts.length || at < (starts[last + 2] as number)) return ++this.#last;
    }
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= at) low = middle + 1;
      else high = middle;
    }
    this.#last = low - 1;
    return low - 1;
  }

  /** The comment or string that `at` is inside of. */
  regionAt(at: number): { start: number; end: number } | null {
    const index = this.#indexAt(at);
    const end = this.#ends[index] ?? 0;
    return index >= 0 && at < end ? { start: this.#starts?.[index] ?? 0, end } : null;
  }

  kindAt(at: number): Kind {
    const index = this.#indexAt(at);
    return index >= 0 && at < (this.#ends[index] as number) ? (this.#kinds[index] as Kind) : 'code';
  }

  /** Past blanks and comments from `at`; past line ends too unless `inLine`. */
  skip(at: number, inLine = false): number {
    const { text } = this;
    const ends = inLine ? 1 : 2;
    for (let from = at; ; ) {
      let to = from;
      let unit = text.charCodeAt(to);
      for (; ; unit = text.charCodeAt(++to)) {
        const blank = BLANKS[unit];
        if (blank === undefined ? !isBlankBeyond(unit) : blank === 0 || blank > ends) break;
      }
      if (unit === BACKSLASH) {
        const next = text.charCodeAt(to + 1);
        if (next === LF || next === CR) to += text.startsWith('\r\n', to + 1) ? 3 : 2;
      } else if (unit === SLASH || unit === HASH || (unit === BRACKET && text[to + 1] === '*')) {
        const index = this.#indexAt(to);
        if (this.#starts?.[index] === to && this.#kinds[index] === 'comment')
          to = this.#ends[index] as number;
        else if (unit === SLASH && text.startsWith('/*', to)) {
          const end = text.slice(to + 2, to + BETWEEN).indexOf('*/');
          if (end !== -1) to += end + 4;
        }
      }
      if (to === from) return to;
      from = to;
    }
  }

  /** Where the last character stands before `at` that is neither blank nor part of a comment; -1 when there is none. */
  before(at: number): number {
    const { text } = this;
    let to = at - 1;
    for (;;) {
      let unit = text.charCodeAt(to);
      while (unit === SPACE || unit === TAB || unit === FEED) unit = text.charCodeAt(--to);
      if (to < 0 || unit !== SLASH) return to;
      const index = this.#indexAt(to);
      if (index < 0 || this.#kinds[index] !== 'comment' || to >= (this.#ends[index] as number)) return to;
      to = (this.#starts?.[index] ?? 0) - 1;
    }
  }

  /** Whether a statement may begin at `at`: behind a line's beginning, a prompt, or one of `after`. */
  begins(at: number, after: string): boolean {
    const { text } = this;
    const to = this.before(at);
    if (to < 0) return true;
    const unit = text.charCodeAt(to);
    const char = text[to] as string;
    if (unit === LF || unit === CR || unit === BYTE_ORDER_MARK || after.includes(char)) return true;
    // An added line of a diff; a console session.
    if (char === '+' && to === at - 1) return to === 0 || /[\n\r]/.test(text[to - 1] as string);
    if (char === '>' || char === '.')
      return /(?:^|[\n\r])[ \t]{0,40}(?:>>>|\.\.\.)$/.test(text.slice(Math.max(0, to - 45), to + 1));
    return false;
  }
}

let lastFences: { text: string; fences: number[] } | undefined;

function fencesOf(text: string): number[] {
  if (lastFences?.text === text) return lastFences.fences;
  const fences: number[] = [];
  if (text.includes('```') || text.includes('~~~')) {
    for (const match of text.matchAll(new RegExp(FENCE, 'gm')))
      fences.push(match.index + (/[`~]/.exec(match[0])?.index ?? 0));
  }
  lastFences = { text, fences };
  return fences;
}

export interface Quoted {
  /** With its escapes resolved. */
  value: string;
  /** Of what stands between the quotes. */
  start: number;
  end: number;
  /** Behind the closing quote. */
  after: number;
}

const HEX = 'x([\\da-fA-F]{2})|u([\\da-fA-F]{4})|u\\{([\\da-fA-F]{1,6})\\}|U([\\da-fA-F]{8})';
const OCTAL = '([0-7]{1,3})';
/** Python's letters by their names in Unicode. */
const NAMED = 'N\\{LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])\\}';
const ESCAPE = new RegExp(`\\\\(?:${HEX}|${OCTAL}|${NAMED}|([\\s\\S]))`, 'g');

const RUN =
  /(?:(?:^|\s)-\w?[ce]\s{0,4}|\b(?:exec|eval|compile|Function|runIn\w{1,20})\s{0,4}\(\s{0,9})[rbfuRBFU]{0,2}$/;
/** A cell of a notebook, or the last of its lines. */
const CELL = /"source"\s{0,9}:\s{0,9}(?:\[\s{0,40})?$|\\n"\s{0,9},\s{0,40}$/;
const CODE_IN_STRING = /(?:^[rbfuRBFU]{0,2}["'`]|\\n|[;:])[ \t]{0,40}$/;

/**
 * Whether a statement may begin at `at` in a string of one line: where the string is run (`python -c "…"`, `exec("…")`), or
 * where it holds lines of a program, as a notebook's cells do.
 */
export function beginsInString(code: Code, at: number): boolean {
  const region = code.regionAt(at);
  if (!region) return false;
  const { text } = code;
  const before = text.slice(Math.max(region.start, at - 60), at);
  if (!CODE_IN_STRING.test(before)) return false;
  const opening = text.slice(Math.max(0, region.start - 60), region.start);
  return (
    RUN.test(opening) ||
    CELL.test(opening) ||
    before.endsWith('\\n') ||
    text.slice(at, Math.min(region.end, at + 1_000)).includes('\\n')
  );
}

/** What `\x65`, `\145` and the like stand for; a code that is none stays as it is. */
function cooked(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(ESCAPE, (whole, x, u, braced, long, octal, letter, other) => {
    // No registry tells names apart by case alone.
    if (letter !== undefined) return letter.toLowerCase();
    const code =
      octal === undefined ? Number.parseInt(x ?? u ?? braced ?? long ?? '', 16) : Number.parseInt(octal, 8);
    if (Number.isNaN(code)) return other ?? whole;
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** No name is longer. */
const LONGEST = 300;
const OPENS = /(\\{0,4})(["'`])/y;

/** The string that begins at `at`, on one line and no longer than a name can be; also in quotes that are escaped. */
export function quotedAt(text: string, at: number): Quoted | null {
  if (!/[\\"'`]/.test(text[at] ?? '')) return null;
  OPENS.lastIndex = at;
  const open = OPENS.exec(text);
  if (!open) return null;
  const start = OPENS.lastIndex;
  const inside = text.slice(start, start + LONGEST + open[0].length);
  const close = open[1] === '' ? closing(inside, open[2] as string) : inside.indexOf(open[0]);
  if (close <= 0) return null;
  const raw = inside.slice(0, close);
  if (/[\n\r]/.test(raw) || (open[2] === '`' && raw.includes('${'))) return null;
  return { value: cooked(raw), start, end: start + close, after: start + close + open[0].length };
}

function closing(inside: string, quote: string): number {
  for (let at = inside.indexOf(quote); at !== -1; at = inside.indexOf(quote, at + 1)) {
    if (inside[at - 1] !== '\\' || inside[at - 2] === '\\') return at;
  }
  return -1;
}

/** No more parts of a name are looked at. */
const PARTS = 40;

/** `a.b.c` → `['a.b.c', 'a.b', 'a']`; none shorter than `from` parts. */
export function prefixes(name: string, separator: string, from = 1): string[] {
  const names: string[] = [];
  for (let part = 1, at = 0; part <= PARTS && at !== -1; part++) {
    const end = name.indexOf(separator, at);
    if (part >= from) names.push(end === -1 ? name : name.slice(0, end));
    at = end === -1 ? -1 : end + separator.length;
  }
  return names.reverse();
}

/** Reads a pattern exactly at `at`; `pattern` is sticky. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
