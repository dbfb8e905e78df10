// Line breaks to some readers, though not to JSON: escaped, so that a line stays a line for all of them.
const BREAKS = /[\u0085\u2028\u2029]/g;

/** One NDJSON line. Texts come back from any JSON parser exactly as they went in. */
export function ndjsonLine(value: Record<string, unknown>): string {
  const json = JSON.stringify(value).replace(
    BREAKS,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${json}\n`;
}
