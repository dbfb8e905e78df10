import { type CsvError, type InfoRecord, parse } from 'csv-parse/browser/esm/sync';
import { ecosystemOf } from './ecosystem-words.ts';
import { isRefused, type Rows } from './list.ts';
import { readEntry } from './marked.ts';
import { isPurl } from './purl.ts';
import { versionsIn } from './version-words.ts';

const NAMES: readonly RegExp[] = [
  /^(?:purl|package[ _-]?url)s?$/,
  /^(?:(?:affected|malicious|compromised|vulnerable|infected|bad)[ _-]?)?(?:package|pkg|module|library|artifact|component|dependency|crate|gem)[ _-]?names?$/,
  /^(?:(?:affected|malicious|compromised|vulnerable|infected|bad)[ _-]?)?(?:package|pkg|module|library|librarie|artifact|component|dependency|dependencie|crate|gem)s?$/,
  /^artifact[ _-]?id$/,
  /^(?:name|names|identifier)$/,
  /^(?:indicator|ioc|value|observable)s?$/,
];
const GROUP = /^group(?:[ _-]?id)?$/;
const ECOSYSTEM =
  /^(?:ecosystem|registry|package[ _-]?(?:manager|type|registry)|manager|type|platform|source|indicator[ _-]?type|language)$/;
const VERSIONS =
  /^(?:(?:all|affected|malicious|compromised|vulnerable|infected|bad|package|known)[ _-]?)*(?:version|release)(?:s|\(s\))?(?:[ _-]?(?:range|affected))?s?$|^(?:affected|vulnerable)[ _-]?range$/;
const FOLDED = (head: string) =>
  head
    .trim()
    .toLowerCase()
    .replace(/^["'`*]+|["'`*]+$/g, '')
    .replace(/\s+/g, ' ');

type Columns = { name: number; group: number; ecosystem: number; versions: number };

/** Which columns a head names; null where none of them is that of the packages. */
function columnsOf(head: readonly string[]): Columns | null {
  const folded = head.map(FOLDED);
  const found = NAMES.map((form) => folded.findIndex((cell) => form.test(cell))).find((at) => at >= 0);
  if (found === undefined) return null;
  const of = (form: RegExp) => folded.findIndex((cell, at) => at !== found && form.test(cell));
  return { name: found, group: of(GROUP), ecosystem: of(ECOSYSTEM), versions: of(VERSIONS) };
}

/** One row of a table with a head. */
function readRow(
  cells: readonly string[],
  columns: Columns,
  head: readonly string[],
  line: number,
  rows: Rows,
) {
  const cell = (at: number) => (at < 0 ? '' : (cells[at] ?? '').trim());
  const field = `column ${(head[columns.name] ?? '').trim()}`;
  const text = cells.join(', ');
  const named = cell(columns.name);
  if (cells.every((each) => each.trim() === '') || ((cells[0] ?? '').trim().startsWith('#') && named === ''))
    return;
  if (named === '') return rows.refuse(line, text, `nothing in the ${field}`);
  const kind = cell(columns.ecosystem);
  const ecosystem = ecosystemOf(kind);
  if (!ecosystem && /^(?:domain|host|url|ip|ipv4|ipv6|hash|md5|sha-?\d+|e-?mail|file|path)/i.test(kind)) {
    return rows.refuse(line, text, `of the type “${kind}”, not a package`);
  }
  const group = cell(columns.group);
  const whole = readEntry(group === '' || isPurl(named) ? named : joined(group, named));
  const parts = isRefused(whole) && /[,;\n]/.test(named) ? named.split(/[,;\n]/) : [named];
  const versions = columns.versions < 0 ? null : versionsIn(cell(columns.versions));
  if (versions === undefined)
    return rows.refuse(line, text, `“${cell(columns.versions)}” is no list of versions`);
  for (const part of parts) {
    const read = parts.length === 1 ? whole : readEntry(part);
    if (isRefused(read)) rows.refuse(line, text, read.why);
    else
      rows.add(
        { ...read, ecosystem: ecosystem ?? read.ecosystem, versions: versions ?? read.versions },
        field,
        line,
        text,
      );
  }
}

const joined = (group: string, name: string) =>
  group.startsWith('@') ? `${group}/${name}` : `${group}:${name}`;

/** A longer line is no head. */
const HEAD_LENGTH = 10_000;
const DELIMITERS = [',', ';', '\t', '|'] as const;
type Dialect = { delimiter: string; quote: string; skip: number; head: string[]; columns: Columns };

/** How a file of separated values is written, where its first line is a head that names the packages; else null. */
export function dialectOf(lines: readonly string[]): Dialect | null {
  const skip = lines.findIndex(
    (line) => line.trim() !== '' && !/^(?:sep=|#(?![,;\t|]))/.test(line.replace(/^\ufeff/, '')),
  );
  const first = (lines[skip] ?? '').replace(/^\ufeff/, '');
  if (first.length > HEAD_LENGTH) return null;
  const quote = !first.includes('"') && /^'|[,;\t|]'/.test(first) ? "'" : '"';
  for (const delimiter of DELIMITERS) {
    if (!first.includes(delimiter)) continue;
    const [head] = records(first, delimiter, quote).rows;
    const columns = head && head.record.length > 1 ? columnsOf(head.record) : null;
    if (head && columns) return { delimiter, quote, skip, head: head.record, columns };
  }
  return null;
}

/** A file of separated values with a head, in the dialect it is written in. */
export function readSeparated(
  lines: readonly string[],
  { delimiter, quote, skip, head, columns }: Dialect,
  rows: Rows,
) {
  const { rows: found, broken } = records(
    lines
      .slice(skip)
      .join('\n')
      .replace(/^\ufeff/, ''),
    delimiter,
    quote,
  );
  let line = 0;
  for (const { record, end } of found) {
    // A record ends where the reader is; it begins behind the one before.
    const begins = line + 1;
    line = end;
    if (begins > 1) readRow(record, columns, head, skip + begins, rows);
  }
  if (broken !== null) rows.refuse(skip + line + 1, lines[skip + line] ?? '', broken);
}

type Found = { record: string[]; end: number };

function records(text: string, delimiter: string, quote: string): { rows: Found[]; broken: string | null } {
  const rows: Found[] = [];
  const escaped = quote === '"' && text.includes('\\"') && !text.includes('""') ? '\\' : quote;
  try {
    parse(text, {
      delimiter,
      quote,
      escape: escaped,
      bom: true,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (record: string[], { lines }: InfoRecord) => {
        rows.push({ record, end: lines });
        return null;
      },
    });
  } catch (error) {
    if ((error as CsvError).code !== 'CSV_QUOTE_NOT_CLOSED') throw error;
    return { rows, broken: 'a quotation mark that is never closed: nothing behind it was read' };
  }
  return { rows, broken: null };
}

/** A table drawn with strokes, as Markdown and terminals have them, from its first line on; answers the line behind it. */
export function readDrawn(lines: readonly string[], from: number, rows: Rows): number {
  let end = from;
  while (end < lines.length && isDrawn(lines[end] ?? '')) end += 1;
  const drawn = lines
    .slice(from, end)
    .flatMap((line, at) => (isBorder(line) ? [] : [{ cells: cellsOf(line), line: from + at + 1 }]));
  const [head, ...others] = drawn;
  const columns = head ? columnsOf(head.cells) : null;
  if (!head || !columns) {
    rows.refuse(
      from + 1,
      lines[from] ?? '',
      `a table of ${others.length} rows, none of whose columns is called package or name`,
    );
    return end;
  }
  for (const { cells, line } of others) readRow(cells, columns, head.cells, line, rows);
  return end;
}

const isBorder = (line: string) => /^[\s|+:=─│┼├┤-]+$/u.test(line) && /[-=─]/u.test(line);
const isDrawn = (line: string) => /[|│]/u.test(line) || /^\s*\+[-=+]+\+?\s*$/.test(line);
const cellsOf = (line: string) =>
  line
    .trim()
    .replace(/^[|│]|[|│]$/gu, '')
    .split(/(?<!\\)[|│]/u)
    .map((cell) => cell.replaceAll('\\|', '|').trim());

/** Whether a drawn table begins here: its head and the stroke below it, or a frame. */
export function beginsDrawn(lines: readonly string[], at: number): boolean {
  const [line = '', next = ''] = [lines[at], lines[at + 1]];
  if (isBorder(line)) return /^\s*\+[-=+]+\+?\s*$/.test(line) && isDrawn(next);
  return /[|│]/u.test(line) && isBorder(next);
}
