/** A longer line lists no dependency in a form of its own. */
const LONGEST = 1_000;

/** A line of a text, without its end, cut where it is longer than any that is looked for. */
export interface Line {
  text: string;
  start: number;
  /** Blanks before the first sign. */
  indent: number;
}

export function* linesOf(text: string): Generator<Line> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, Math.min(start + LONGEST, text[end - 1] === '\r' ? end - 1 : end));
    yield { text: line, start, indent: /^[ \t]*/.exec(line)?.[0].length ?? 0 };
    start = end + 1;
  }
}
