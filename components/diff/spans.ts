import { visibleLines } from './visible-text.tsx';

/** A stretch of one shown line: 1-based line, 0-based UTF-16 columns in the text as it is shown. */
export type LineSpan = { line: number; from: number; to: number };

/** Beyond so many lines a finding is about the whole, and marking every line would say nothing. */
const MOST_LINES = 400;

/**
 * Where a span of the original text lies in the text as it is shown, where invisible characters take the room of
 * their labels. Offsets are UTF-16, `end` is exclusive; without an end, or with an empty one, the line from `start`.
 */
export function shownSpans(source: string, start: number, end: number | null): LineSpan[] {
  const spans: LineSpan[] = [];
  const stop = end !== null && end > start ? Math.min(end, source.length) : endOfLine(source, start);
  let line = countLines(source, start);
  let at = start;
  while (at < stop && spans.length < MOST_LINES) {
    const lineStart = source.lastIndexOf('\n', at - 1) + 1;
    const lineEnd = Math.min(endOfLine(source, at), stop);
    const from = shownLength(source, lineStart, at);
    const to = from + shownLength(source, at, lineEnd);
    if (to > from) spans.push({ line, from, to });
    at = endOfLine(source, at) + 1;
    line += 1;
  }
  return spans;
}

/** Where an offset of the original text lies in the text as it is shown. */
export function shownPlace(source: string, offset: number): { line: number; column: number } {
  const lineStart = source.lastIndexOf('\n', offset - 1) + 1;
  return { line: countLines(source, offset), column: shownLength(source, lineStart, offset) };
}

function shownLength(source: string, from: number, to: number): number {
  // A carriage return before a newline is part of that end.
  const end = to > from && source[to - 1] === '\r' && source[to] === '\n' ? to - 1 : to;
  return visibleLines(source.slice(from, end)).text.length;
}

function endOfLine(source: string, at: number): number {
  const found = source.indexOf('\n', at);
  return found === -1 ? source.length : found;
}

function countLines(source: string, until: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at !== -1 && at < until; at = source.indexOf('\n', at + 1)) line += 1;
  return line;
}
