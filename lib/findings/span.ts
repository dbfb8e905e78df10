/** A place in a text as SARIF writes it: lines and columns count from 1, `charOffset` from 0; ends are exclusive. */
export type Region = {
  charOffset?: number | undefined;
  charLength?: number | undefined;
  startLine?: number | undefined;
  startColumn?: number | undefined;
  endLine?: number | undefined;
  endColumn?: number | undefined;
  /** Columns count Unicode code points, not UTF-16 units. */
  codePoints?: boolean | undefined;
  /** What the tool says stands there. */
  snippet?: string | undefined;
};

export type Span = { start: number; end: number };

/**
 * Answers a function that finds regions in one text as UTF-16 spans. A tool may have scanned the whole file of which
 * we hold only the suggestion, so a snippet that is not at the given lines is looked for, and taken where it stands
 * exactly once. Null when the place is unknown: no mark is better than a wrong one.
 */
export function locator(text: string): (region: Region | undefined) => Span | null {
  let starts: number[] | undefined;
  const lines = () => {
    starts ??= lineStarts(text);
    return starts;
  };
  return (region) => {
    if (!region) return null;
    const claimed = byOffset(text, region) ?? byLines(text, lines, region);
    const snippet = region.snippet?.trim();
    if (!snippet) return claimed;
    if (claimed && agrees(text, claimed, snippet)) return claimed;
    const found = text.indexOf(snippet);
    if (found === -1 || text.indexOf(snippet, found + 1) !== -1) return null;
    return { start: found, end: found + snippet.length };
  };
}

function byOffset(text: string, { charOffset, charLength }: Region): Span | null {
  if (charOffset === undefined || charOffset < 0) return null;
  const end = charOffset + (charLength ?? 0);
  return end <= text.length ? { start: charOffset, end } : null;
}

function byLines(text: string, lines: () => number[], region: Region): Span | null {
  const { startLine, startColumn = 1 } = region;
  if (startLine === undefined) return null;
  const endLine = Math.max(region.endLine ?? startLine, startLine);
  const start = offsetOf(text, lines(), startLine, startColumn, region.codePoints);
  const lineEnd = endOfLine(text, lines(), endLine);
  if (start === null || lineEnd === null) return null;
  const end =
    region.endColumn === undefined
      ? lineEnd
      : offsetOf(text, lines(), endLine, region.endColumn, region.codePoints);
  if (end === null || end < start) return null;
  // gosec writes the same column twice: the finding runs to the end of its line.
  return { start, end: end === start ? Math.max(start, lineEnd) : end };
}

function offsetOf(
  text: string,
  starts: number[],
  line: number,
  column: number,
  codePoints: boolean | undefined,
): number | null {
  const start = starts[line - 1];
  const end = endOfLine(text, starts, line);
  if (start === undefined || end === null || column < 1) return null;
  if (!codePoints) return start + column - 1 <= end ? start + column - 1 : null;
  let offset = start;
  for (let passed = 1; passed < column; passed += 1) {
    const point = text.codePointAt(offset);
    if (point === undefined || offset >= end) return null;
    offset += point > 0xffff ? 2 : 1;
  }
  return offset;
}

function endOfLine(text: string, starts: number[], line: number): number | null {
  if (starts[line - 1] === undefined) return null;
  const next = starts[line];
  if (next === undefined) return text.length;
  return text[next - 2] === '\r' ? next - 2 : next - 1;
}

// SARIF's default line ends, section 3.14.26: CR LF and LF.
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Snippets may hold more than the region (whole lines, gosec's line numbers) or exactly it. */
function agrees(text: string, { start, end }: Span, snippet: string): boolean {
  const marked = text.slice(start, end).trim();
  return marked.includes(snippet) || (marked.length >= 4 && snippet.includes(marked));
}
