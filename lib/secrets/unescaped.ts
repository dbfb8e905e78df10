import { ESCAPES } from '#sdk/json-stream';

/** A text with its escapes resolved, and where each of its units stood. */
export interface Unescaped {
  text: string;
  /** Offset in the original of the unit at `at`; also for one past the end. */
  origin(at: number): number;
  /** How many units the original spent on it: two quotes that are as wide are of one depth. */
  width(at: number): number;
}

/** However deep: `\"`, `\\\"`, `\n`, `\\n`, `\u0022`, `\x22`, and the quotes of XML and HTML. */
const ESCAPE = /(\\+)(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrt"'`/]))|&(quot|apos|amp|#34|#39|#x27);/g;
const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  amp: '&',
  '#34': '"',
  '#39': "'",
  '#x27': "'",
};

/**
 * Reads the escapes of JSON wherever they stand, in a string literal or a heredoc too, and however often they are
 * escaped again: what a file holds is then found in the call that writes it. Linear.
 */
export function unescaped(text: string): Unescaped {
  if (!text.includes('\\') && !text.includes('&')) return { text, origin: (at) => at, width: () => 1 };
  const pieces: string[] = [];
  /** Where the widths change: place in what is made, and how far the original is ahead from there on. */
  const places: number[] = [];
  const ahead: number[] = [];
  let made = 0;
  let from = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, , unit, byte, sign, entity] = match;
    const plain = entity
      ? (ENTITIES[entity] ?? '')
      : sign
        ? (ESCAPES[sign] ?? sign)
        : String.fromCharCode(Number.parseInt(unit ?? byte ?? '', 16));
    pieces.push(text.slice(from, match.index), plain);
    made += match.index - from + 1;
    from = match.index + whole.length;
    places.push(made);
    ahead.push(from - made);
  }
  if (places.length === 0) return { text, origin: (at) => at, width: () => 1 };
  pieces.push(text.slice(from));
  const origin = (at: number) => {
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return at + (ahead[low - 1] ?? 0);
  };
  return { text: pieces.join(''), origin, width: (at) => origin(at + 1) - origin(at) };
}
