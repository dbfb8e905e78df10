/** Levels of arrays and objects inside each other: a row with its findings and the deepest `meta` needs 12. */
export const MAX_DEPTH = 32;
/** Arrays and objects in one body; a thousand rows with a hundred findings each have 104,000. */
export const MAX_CONTAINERS = 250_000;

const [QUOTE, BACKSLASH, OPEN_ARRAY, OPEN_OBJECT, CLOSE_ARRAY, CLOSE_OBJECT] = [
  0x22, 0x5c, 0x5b, 0x7b, 0x5d, 0x7d,
];

/**
 * What is wrong with how a JSON text is nested, or null; told from its bytes, before anything is parsed. Four megabytes
 * of brackets would become half a gigabyte of arrays. Says nothing of whether the text is JSON at all.
 */
export function findNestingFault(bytes: Uint8Array): string | null {
  let depth = 0;
  let containers = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      containers += 1;
      if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
      if (containers > MAX_CONTAINERS) return `made of more than ${MAX_CONTAINERS} arrays and objects`;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
    }
  }
  return null;
}
