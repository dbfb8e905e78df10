/** A part of a long text that the browser lays out only when it comes into view. */
export type Chunk = {
  /** Where it begins in the text. */
  at: number;
  /** The 1-based line it begins on. */
  line: number;
  text: string;
  /** Whether its first line goes on from the chunk before: a line too long for one chunk. */
  goesOn: boolean;
};

const MOST_CHARACTERS = 8_000;
const MOST_LINES = 120;

/** Cuts a text at line ends into parts of bounded size; a line longer than a part is cut inside. Ends a part after each line of `after`. */
export function chunksOf(text: string, after: ReadonlySet<number> = new Set()): Chunk[] {
  const chunks: Chunk[] = [];
  let [start, startLine, line, goesOn] = [0, 1, 1, false];
  const cut = (end: number, broken: boolean) => {
    const part = text.slice(start, end);
    // The newline that ends a part is the part's own end.
    chunks.push({
      at: start,
      line: startLine,
      text: part.endsWith('\n') && !broken ? part.slice(0, -1) : part,
      goesOn,
    });
    [start, goesOn] = [end, broken];
  };
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf('\n', at);
    const end = found === -1 ? text.length : found + 1;
    // The line does not fit with what is gathered: that goes first.
    if (start < at && end - start > MOST_CHARACTERS) {
      cut(at, false);
      startLine = line;
    }
    while (end - start > MOST_CHARACTERS) cut(wholeCharacter(text, start + MOST_CHARACTERS), true);
    // What is left of a line that was cut stands alone, so that the next part begins on a line again.
    const isLast = goesOn || after.has(line);
    line += 1;
    at = end;
    if (isLast || line - startLine >= MOST_LINES) {
      cut(end, false);
      startLine = line;
    }
  }
  if (start < text.length) cut(text.length, false);
  return chunks;
}

// Never between the halves of a surrogate pair.
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}

/** How many lines two texts share at their beginning and at their end, without overlap. */
export function sharedEnds(before: string[], after: string[]): { head: number; tail: number } {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return { head, tail };
}
