import { DEPTH, JsonStream } from './json-stream.ts';

/** What stands in a text as JSON, as its reader reads it. */
interface JsonReadings {
  /** Each string with its escapes resolved, once; a string that is JSON itself comes behind its own strings. */
  texts: string[];
  /** JSON inside JSON inside JSON, deeper than is read. */
  isTooDeep: boolean;
}

/**
 * The strings of JSON in `text`, names of fields too: whole or cut off, one value or several behind each other, in the
 * middle of other words, encoded again inside of strings. Never throws, and takes time linear in the text.
 */
export function jsonReadings(text: string): JsonReadings {
  if (!text.includes('"')) return { texts: [], isTooDeep: false };
  const found = new Set<string>();
  const open: string[] = [];
  let isTooDeep = false;
  const stream = new JsonStream({
    add: (depth, more) => {
      open[depth] = (open[depth] ?? '') + more;
    },
    end: (depth) => {
      const value = open[depth] ?? '';
      open[depth] = '';
      if (value.trim() !== '') found.add(value);
      isTooDeep ||= depth === DEPTH && value.includes('"') && /^[\s\uFEFF]*["{[]/.test(value);
    },
  });
  stream.take(text);
  stream.finish();
  return { texts: [...found], isTooDeep };
}
