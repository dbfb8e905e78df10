import { DEPTH, JsonStrings } from './json-stream.ts';

/** What stands in a text as JSON, as its reader reads it. */
interface JsonReadings {
  /** Each string with its escapes resolved; a string that is JSON itself is followed by its own strings. */
  texts: string[];
  /** JSON inside JSON inside JSON, deeper than is read. */
  isTooDeep: boolean;
}

/** How many strings are judged by themselves. */
const MOST = 2_000;

/** A name of a field is read in the text as it stands, unless it is more than a word. */
const WORD = /^[\w$-]*$/;

/**
 * The strings of JSON in `text`: whole or cut off, one value or several behind each other, in the middle of other words,
 * encoded again inside of strings. Never throws, and takes time linear in the text.
 */
export function jsonReadings(text: string): JsonReadings {
  const found: JsonReadings = { texts: [], isTooDeep: false };
  if (text.includes('"')) readStrings(text, DEPTH, found);
  const own = [...new Set(found.texts)].filter((each) => each !== text && each.trim() !== '');
  const rest = own.splice(MOST).join('\n\n');
  return { texts: rest === '' ? own : [...own, rest], isTooDeep: found.isTooDeep };
}

function readStrings(text: string, depth: number, found: JsonReadings): void {
  const pieces: string[] = [];
  const bare: string[] = [];
  const taken = (from: string[]) => from.splice(0).join('');
  const reader = new JsonStrings({
    add: (piece) => {
      pieces.push(piece);
    },
    end: (isLine) => {
      const value = taken(pieces);
      found.texts.push(value);
      if (!isLine) descend(value, depth, found);
    },
    bare: (piece, isEnd) => {
      bare.push(piece);
      if (isEnd) descend(taken(bare), depth, found);
    },
    name: () => {
      if (WORD.test(found.texts.at(-1) ?? '')) found.texts.pop();
    },
  });
  reader.take(text);
  reader.finish();
}

function descend(value: string, depth: number, found: JsonReadings): void {
  if (!value.includes('"')) return;
  if (depth > 0) readStrings(value, depth - 1, found);
  else if (/^[\s\uFEFF]*["{[]/.test(value)) found.isTooDeep = true;
}
