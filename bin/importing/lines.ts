/** One line of a file, its number counting from 1; `bytes` is null where it is longer than the limit. */
export type Line = { number: number; bytes: Uint8Array | null };

/** Most bytes of one line: more than the largest row that the contract takes. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

const NEWLINE = 0x0a;
const BOM = [0xef, 0xbb, 0xbf];

/**
 * Splits a stream into lines and holds one at a time, so that a file of any size costs the memory of its longest
 * line. Blank lines are left out. Split on bytes, so that a broken character spoils its own line only.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let size = 0;
  let number = 1;
  const take = (): Line | null => {
    const bytes = size > MAX_LINE_BYTES ? null : withoutBom(Buffer.concat(parts), number);
    parts = [];
    size = 0;
    const line = { number, bytes };
    number += 1;
    return bytes?.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d) ? null : line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const part = chunk.subarray(start, end);
      size += part.length;
      if (size <= MAX_LINE_BYTES) parts.push(part);
      const line = take();
      if (line) yield line;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    size += rest.length;
    if (size <= MAX_LINE_BYTES) parts.push(rest);
    else parts = [];
  }
  if (size > 0) {
    const line = take();
    if (line) yield line;
  }
}

function withoutBom(line: Uint8Array, number: number): Uint8Array {
  return number === 1 && BOM.every((byte, index) => line[index] === byte) ? line.subarray(3) : line;
}
