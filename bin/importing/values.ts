import { type Line, MAX_LINE_BYTES } from './lines.ts';

const [QUOTE, BACKSLASH, COMMA, NEWLINE] = [0x22, 0x5c, 0x2c, 0x0a];
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const isBlank = (byte: number) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/**
 * Splits a JSON array, or values over several lines, into its values, each with the line it begins on; one is held at a
 * time. What is no JSON is given like a value, so that it is refused in its place.
 */
export async function* valuesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let line = 1;
  let number = 0;
  let depth = 0;
  let isArray = false;
  let hasBegun = false;
  let inString = false;
  let isEscaped = false;
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (): Line => {
    const taken = { number, bytes: size > MAX_LINE_BYTES ? null : Buffer.concat(parts) };
    parts = [];
    size = 0;
    number = 0;
    return taken;
  };
  for await (const chunk of chunks) {
    let start = 0;
    const keep = (end: number) => {
      if (number === 0) return;
      size += end - start;
      if (size <= MAX_LINE_BYTES) parts.push(chunk.subarray(start, end));
    };
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === NEWLINE) line += 1;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (number === 0) {
        // A byte-order mark stands before everything.
        if (isBlank(byte) || byte === COMMA || (!hasBegun && byte >= 0x80)) continue;
        if (!hasBegun && byte === OPEN_LIST) {
          hasBegun = true;
          isArray = true;
          continue;
        }
        hasBegun = true;
        if (isArray && byte === CLOSE_LIST) {
          isArray = false;
          continue;
        }
        number = line;
        start = at;
      } else if (depth === 0 && (isBlank(byte) || byte === COMMA || (isArray && byte === CLOSE_LIST))) {
        keep(at);
        yield take();
        if (byte === CLOSE_LIST) isArray = false;
        continue;
      }
      if (byte === QUOTE) inString = true;
      else if (byte === OPEN || byte === OPEN_LIST) depth += 1;
      else if ((byte === CLOSE || byte === CLOSE_LIST) && depth > 0) {
        depth -= 1;
        if (depth > 0) continue;
        keep(at + 1);
        yield take();
      }
    }
    keep(chunk.length);
  }
  if (number > 0) yield take();
}
