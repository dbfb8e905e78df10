/** Words of a command: in quotes, and without. */

/**
 * One argument; `start` and `end` are of what stands inside its quotes. The value is empty where the text does not have it:
 * an expression that stands where a flag takes its value.
 */
export interface Word {
  value: string;
  start: number;
  end: number;
}

/** Longer is no argument that names a package. */
export const LONGEST = 1_000;
/** The string that `quote` opens at `at`; null when it does not close on its line. */
export function quotedFrom(text: string, at: number, quote: string): { word: Word; after: number } | null {
  const start = at + quote.length;
  for (let close = text.indexOf(quote, start); close !== -1; close = text.indexOf(quote, close + 1)) {
    if (close - start > LONGEST) return null;
    if (quote.length === 1 && text[close - 1] === '\\' && text[close - 2] !== '\\') continue;
    const value = text.slice(start, close);
    return value.includes('\n') ? null : { word: { value, start, end: close }, after: close + quote.length };
  }
  return null;
}

/** A word without quotes at `at`; `after` is -1 where the command ends with it. Null where the command ends before. */
export function bareWord(text: string, at: number): { word: Word; after: number } | null {
  const end = bareEnd(text, at);
  if (end === at) return null;
  let value = text.slice(at, end);
  if (MAY_STOP[text.charCodeAt(end - 1)] !== 1)
    return { word: { value, start: at, end }, after: endsAt(text, end) ? -1 : end };
  // The end of a sentence is no part of a name.
  const stop = /^[^./\\~].*?([.:!?]+)$/s.exec(value)?.[1] ?? '';
  if (stop !== '' && !value.endsWith('/...')) value = value.slice(0, -stop.length);
  const isLast = (/[.!?]/.test(stop) && /[ \t]/.test(text[end] ?? '')) || endsAt(text, end);
  return { word: { value, start: at, end: at + value.length }, after: isLast ? -1 : end };
}

/** A line's end in a string. */
const endsAt = (text: string, at: number) => text[at] === '\\' && /[nr]/.test(text[at + 1] ?? '');

const MAY_STOP = Uint8Array.from({ length: 128 }, (_, unit) =>
  /[.:!?]/.test(String.fromCharCode(unit)) ? 1 : 0,
);
/** ASCII that ends no word and opens nothing in it. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, unit) =>
  /[\w@./:+*^%#?-]/.test(String.fromCharCode(unit)) ? 1 : 0,
);

/** Where a word without quotes ends, which begins at `at`. */
function bareEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  /** Whether an operator stands behind the last comma: `name>=1,<2` is one word. */
  let isBound = false;
  /** Passes over what holds signs that end no word. */
  const pass = (to: number) => {
    const part = text.slice(at, to + 1);
    const comma = part.lastIndexOf(',');
    if (/[<>=~!]/.test(part.slice(comma + 1))) isBound = true;
    else if (comma !== -1) isBound = false;
    at = to;
  };
  for (; at < text.length && at - from < LONGEST; at++) {
    const unit = text.charCodeAt(at);
    if (unit < PLAIN.length && PLAIN[unit] === 1) continue;
    const char = text[at] as string;
    if (/[<>=~!]/.test(char)) isBound = true;
    if (char === '[') depth++;
    else if (char === ']') {
      if (depth === 0) break;
      depth--;
    } else if (/[\s;|)`(]/.test(char)) break;
    else if (char === ',') {
      if (depth === 0 && !isBound) break;
      isBound = false;
    } else if (char === '&') break;
    else if (char === '<' || char === '>') {
      if (!/[=\d]/.test(text[at + 1] ?? '')) break;
    } else if (char === '\\') {
      const next = text[at + 1];
      const isPath = /^(?:[.~$%\\]|[A-Za-z]:)/.test(text.slice(from, from + 2));
      if (next === undefined || /[\s"'`\\]/.test(next) || (!isPath && /[nrt]/.test(next))) break;
    } else if (char === '"' || char === "'") {
      // `--flag="a b"` and `name"==1.0"` go on behind the quote, other quotes end what holds the command.
      const before = text[at - 1] ?? '';
      if (before !== '=' && !/[=<>~!@[^]/.test(text[at + 1] ?? '')) break;
      const quoted = quotedFrom(text, at, char);
      if (!quoted) break;
      pass(quoted.after - 1);
    } else if (char === '{' && /[$#]/.test(text[at - 1] ?? '')) {
      const close = text.slice(at, at + LONGEST).indexOf('}');
      if (close === -1) break;
      pass(at + close);
    } else if (char === '}' || (char === '{' && depth === 0)) break;
  }
  return at;
}
