/** Levels of arrays and objects inside each other: a row with its findings and the deepest `meta` needs 12. */
const MAX_DEPTH = 32;
/** Arrays and objects in one body; a thousand rows with a hundred findings each have 104,000. */
const MAX_CONTAINERS = 250_000;

export const TOO_DEEP = `nested deeper than ${MAX_DEPTH} levels`;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;

/**
 * What is wrong with how a JSON text is nested, or null; told from its bytes, before anything is parsed. Four megabytes
 * of brackets would become half a gigabyte of arrays. Says nothing of whether the text is JSON at all.
 */
export function findNestingFault(bytes: Uint8Array): string | null {
  // A view: Buffer's search is native, and most of a body is inside strings.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) {
      at = endOfString(text, at);
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      containers += 1;
      if (depth > MAX_DEPTH) return TOO_DEEP;
      if (containers > MAX_CONTAINERS) return `made of more than ${MAX_CONTAINERS} arrays and objects`;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
    }
  }
  return null;
}

/** The same of a value that is parsed already: whether it is nested deeper than `levels`. */
export function isTooDeep(value: unknown, levels = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (isTooDeep(inner, levels - 1)) return true;
  return false;
}

/** Where the string that starts here ends: at the first quote behind an even number of backslashes. */
function endOfString(text: Buffer, start: number): number {
  for (let quote = text.indexOf(QUOTE, start + 1); quote !== -1; quote = text.indexOf(QUOTE, quote + 1)) {
    let first = quote;
    while (first > start + 1 && text[first - 1] === BACKSLASH) first -= 1;
    if ((quote - first) % 2 === 0) return quote;
  }
  return text.length;
}
