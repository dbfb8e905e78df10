/** A place in a text as SARIF writes it: lines and columns count from 1, `charOffset` from 0; ends are exclusive. */
export type Region = {
  charOffset?: number | undefined;
  charLength?: number | undefined;
  startLine?: number | undefined;
  startColumn?: number | undefined;
  endLine?: number | undefined;
  endColumn?: number | undefined;
  /** What columns count; UTF-16 units where absent. */
  columns?: Unit | undefined;
  /** What offsets count; UTF-16 units where absent. */
  offsets?: Unit | undefined;
  /** What the tool says stands there. */
  snippet?: string | undefined;
};

/** `either`: UTF-16 units or code points, nobody says which; `unknown`: it may be bytes. */
type Unit = 'utf16' | 'codePoints' | 'either' | 'unknown';

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

function byOffset(text: string, { charOffset, charLength, offsets }: Region): Span | null {
  if (charOffset === undefined || charOffset < 0) return null;
  const start = passed(text, 0, text.length, charOffset, offsets);
  const end = start === null ? null : passed(text, start, text.length, charLength ?? 0, offsets);
  return start === null || end === null ? null : { start, end };
}

const NOT_ONE_UNIT = { either: /[\ud800-\udfff]/, unknown: /[^\0-\x7f]/ } as const;

/** The offset so many units behind `from`; null beyond `end`, inside a character, and where the unit would matter but is not known. */
function passed(text: string, from: number, end: number, count: number, unit: Unit = 'utf16'): number | null {
  if (unit !== 'codePoints') {
    const to = from + count;
    if (count < 0 || to > end) return null;
    if (unit !== 'utf16') return NOT_ONE_UNIT[unit].test(text.slice(from, to)) ? null : to;
    const isInside = /[\ud800-\udbff]/.test(text[to - 1] ?? '') && /[\udc00-\udfff]/.test(text[to] ?? '');
    return isInside ? null : to;
  }
  let offset = from;
  for (let left = count; left > 0; left -= 1) {
    const point = text.codePointAt(offset);
    if (point === undefined || offset >= end) return null;
    offset += point > 0xffff ? 2 : 1;
  }
  return offset;
}

function byLines(text: string, lines: () => number[], region: Region): Span | null {
  const { startLine, startColumn = 1 } = region;
  if (startLine === undefined) return null;
  const endLine = Math.max(region.endLine ?? startLine, startLine);
  const start = offsetOf(text, lines(), startLine, startColumn, region.columns);
  const lineEnd = endOfLine(text, lines(), endLine);
  if (start === null || lineEnd === null) return null;
  const end =
    region.endColumn === undefined
      ? lineEnd
      : offsetOf(text, lines(), endLine, region.endColumn, region.columns);
  if (end === null || end < start) return null;
  // gosec writes the same column twice: the finding runs to the end of its line.
  return { start, end: end === start ? Math.max(start, lineEnd) : end };
}

function offsetOf(
  text: string,
  starts: number[],
  line: number,
  column: number,
  unit: Unit | undefined,
): number | null {
  const start = starts[line - 1];
  const end = endOfLine(text, starts, line);
  return start === undefined || end === null || column < 1
    ? null
    : passed(text, start, end, column - 1, unit);
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
