import type { Dialect } from './dialect.ts';
import { MAX_LINE_BYTES } from './lines.ts';

/** One row of a CSV file as it is written, without its line end, and the line it begins on. */
export type CsvRecord = { line: number; text: string } | { line: number; unreadable: string };

/**
 * Splits a CSV file into rows (RFC 4180, any mix of CRLF and LF). A row whose quotes are wrong is given as such and ends
 * with its line, so that it takes none of the rows behind it along.
 */
export async function* csvRecords(
  texts: AsyncIterable<string>,
  { delimiter, isReturn }: Dialect,
): AsyncGenerator<CsvRecord> {
  let line = 1;
  let buffer = '';
  let at = 0;
  const splitter = { delimiter, isReturn };
  function* records(isEnd: boolean): Generator<CsvRecord> {
    for (;;) {
      if (at >= buffer.length) return;
      const found = recordAt(buffer, at, splitter, isEnd);
      if (found === null) return;
      const text = buffer.slice(at, found.end);
      if (found.problem !== undefined) yield { line, unreadable: found.problem };
      else if (text.trim() !== '') yield { line, text };
      line += linesIn(buffer.slice(at, found.next), isReturn);
      at = found.next;
    }
  }
  for await (const text of texts) {
    buffer = buffer.slice(at) + text;
    at = 0;
    yield* records(false);
    if (buffer.length - at <= MAX_LINE_BYTES) continue;
    yield { line, unreadable: `is longer than ${MAX_LINE_BYTES} characters` };
    const found = lineEnd(buffer, at, isReturn);
    line += linesIn(buffer.slice(at, found.next), isReturn);
    at = found.next;
    yield* records(false);
  }
  buffer = buffer.slice(at);
  at = 0;
  yield* records(true);
}

type Found = { end: number; next: number; problem?: string };

/** Where the record at `from` ends, and the next one begins; null where more of the text must be seen. */
function recordAt(
  text: string,
  from: number,
  { delimiter, isReturn }: Pick<Dialect, 'delimiter' | 'isReturn'>,
  isEnd: boolean,
): Found | null {
  const bad = (problem: string, near: number): Found | null => {
    const found = lineEnd(text, near, isReturn);
    return found.next === text.length && found.end === found.next && !isEnd ? null : { ...found, problem };
  };
  let isStart = true;
  for (let at = from; ; ) {
    if (at >= text.length) return isEnd ? { end: text.length, next: text.length } : null;
    const sign = text[at];
    if (sign === '"' && isStart) {
      let close = text.indexOf('"', at + 1);
      while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
      if (close === -1) return isEnd ? bad('has a quote that is never closed', from) : null;
      const after = text[close + 1];
      if (after === undefined && !isEnd) return null;
      if (after !== undefined && after !== delimiter && after !== '\n' && after !== '\r')
        return bad('has text behind a closing quote; a quote inside a cell is written twice', close);
      at = close + 1;
      isStart = false;
    } else if (sign === '\n' || (sign === '\r' && isReturn)) return { end: at, next: at + 1 };
    else if (sign === '\r') {
      if (at + 1 >= text.length && !isEnd) return null;
      if (text[at + 1] === '\n') return { end: at, next: at + 2 };
      at += 1;
      isStart = false;
    } else if (sign === '"') return bad('has a quote in the middle of a cell without quotes around it', at);
    else {
      isStart = sign === delimiter;
      at += 1;
    }
  }
}

function lineEnd(text: string, from: number, isReturn: boolean): { end: number; next: number } {
  const at = text.indexOf(isReturn ? '\r' : '\n', from);
  if (at === -1) return { end: text.length, next: text.length };
  return { end: at > from && text[at - 1] === '\r' ? at - 1 : at, next: at + 1 };
}

function linesIn(text: string, isReturn: boolean): number {
  let count = 0;
  const end = isReturn ? '\r' : '\n';
  for (let at = text.indexOf(end); at !== -1; at = text.indexOf(end, at + 1)) count += 1;
  return count;
}
