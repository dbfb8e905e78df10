import type { Term } from './query.ts';

/** One piece of the line as it stands there; `valueAt` is where its value begins. */
export type Token = {
  at: number;
  end: number;
  negated: boolean;
  key: string | null;
  valueAt: number;
  value: string;
  /** Quotes or slashes that were opened and not closed. */
  open: boolean;
};

const SPACE = /\s/u;
/** A key, unless the colon belongs to code: `std::vector`, `https://…`, `a:=b`. */
const NAME = /([A-Za-z][A-Za-z-]*):(?![:=]|\/\/)/y;

function beginsWithKey(text: string): boolean {
  NAME.lastIndex = 0;
  return NAME.test(text);
}

/** Takes the line apart, in linear time; never fails. */
export function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < line.length) {
    if (SPACE.test(line.charAt(at))) {
      at += 1;
      continue;
    }
    const start = at;
    // What stands before a letter or a quote negates; an arrow or two dashes are text.
    const negated = /^-[\p{L}\p{N}_"]/u.test(line.slice(at, at + 3));
    if (negated) at += 1;
    NAME.lastIndex = at;
    const key = NAME.exec(line)?.[1] ?? null;
    if (key !== null) at += key.length + 1;
    const read = readValue(line, at, key?.toLowerCase() === 're');
    tokens.push({ at: start, negated, key, valueAt: at, ...read });
    at = read.end;
  }
  return tokens;
}

function readValue(line: string, from: number, isPattern: boolean): Pick<Token, 'value' | 'end' | 'open'> {
  const mark = line.charAt(from);
  if (mark !== '"' && !(isPattern && mark === '/')) {
    let end = from;
    while (end < line.length && !SPACE.test(line.charAt(end))) end += 1;
    return { value: line.slice(from, end), end, open: false };
  }
  let value = '';
  for (let at = from + 1; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === mark) return { value, end: at + 1, open: false };
    const next = line.charAt(at + 1);
    if (character !== '\\' || next === '') {
      value += character;
      continue;
    }
    // In quotes a backslash takes a quote or a backslash as it is; a pattern keeps its own.
    value += mark === '"' && (next === '"' || next === '\\') ? next : `\\${next}`;
    at += 1;
  }
  return { value, end: line.length, open: true };
}

/** The token that reads as this term. */
export function writeTerm({ key, value, negated }: Term): string {
  const sign = negated ? '-' : '';
  // Pairs first, so that an escaped backslash before a slash stays one.
  if (key === 're')
    return `${sign}re:/${value.replace(/\\[\s\S]|\//g, (found) => (found === '/' ? '\\/' : found))}/`;
  const isPlain =
    /^[^\s"]+$/u.test(value) && !(key === 'text' ? looksElse(value, negated) : /^([:=]|\/\/)/.test(value));
  const written = isPlain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
  return `${sign}${key === 'text' ? '' : `${key}:`}${written}`;
}

/** Whether a bare text would be read as something else than text. */
const looksElse = (text: string, negated: boolean) =>
  beginsWithKey(text) || (negated ? !/^[\p{L}\p{N}_]/u.test(text) : text.startsWith('-'));
