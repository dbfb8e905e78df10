import { type CsvError, type InfoRecord, parse } from 'csv-parse/browser/esm/sync';
import { ecosystemOf } from './ecosystem-words.ts';
import { joinedName } from './item.ts';
import { isRefused, type Rows } from './list.ts';
import { readEntry } from './marked.ts';
import { harmless, isVerdictColumn } from './meant.ts';
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
const GROUP = /^(?:group(?:[ _-]?id)?|(?:package[ _-]?)?namespace|scope)$/;
const ECOSYSTEM =
  /^(?:ecosystem|registry|package[ _-]?(?:manager|type|registry)|manager|type|platform|source|indicator[ _-]?type|language)$/;
const VERSIONS =
  /^(?:(?:all|affected|malicious|compromised|vulnerable|infected|bad|package|known)[ _-]?)*(?:version|release)(?:s|\(s\))?(?:[ _-]?(?:range|affected))?s?$|^(?:affected|vulnerable)[ _-]?range$/;
/** `Affected` alone, where no other column has versions. */
const AFFECTED = /^(?:affected|malicious|compromised|vulnerable|infected|bad)$/;
const FROM =
  /^(?:versions?[ _-]?)?(?:introduced|first[ _-]?affected|affected[ _-]?from|since)(?:[ _-]?(?:in|versions?))?$/;
const BEFORE =
  /^(?:(?:first[ _-]?)?versions?[ _-]?)?(?:first[ _-]?)?(?:fixed|patched)(?:[ _-]?(?:in|versions?|releases?))?$/;
const UP_TO = /^(?:versions?[ _-]?)?last[ _-]?affected(?:[ _-]?versions?)?$/;
/** Where such a column is not read, an entry would stand for every version and nobody would know. */
const MAY_BE_VERSIONS = /version|release|range|affected|vulnerable/;
const FOLDED = (head: string) =>
  head
    .trim()
    .toLowerCase()
    .replace(/^["'`*]+|["'`*]+$/g, '')
    .replace(/\s+/g, ' ');

type Columns = {
  name: number;
  group: number;
  ecosystem: number;
  versions: number;
  from: number;
  before: number;
  upTo: number;
  verdict: number;
  /** A column that may say versions and cannot be read, where no other says them. */
  unread: number;
};

/** Which columns a head names; null where none of them is that of the packages. */
function columnsOf(head: readonly string[]): Columns | null {
  const folded = head.map(FOLDED);
  const found = NAMES.map((form) => folded.findIndex((cell) => form.test(cell))).find((at) => at >= 0);
  if (found === undefined) return null;
  const at = (is: (cell: string) => boolean) =>
    folded.findIndex((cell, place) => place !== found && is(cell));
  const of = (form: RegExp) => at((cell) => form.test(cell));
  const [named, from, before, upTo] = [of(VERSIONS), of(FROM), of(BEFORE), of(UP_TO)];
  const versions = named >= 0 || Math.max(from, before, upTo) >= 0 ? named : of(AFFECTED);
  const verdict = folded.findIndex(
    (cell, place) => place !== found && place !== versions && isVerdictColumn(cell),
  );
  const hasVersions = Math.max(versions, from, before, upTo) >= 0;
  const unread = hasVersions ? -1 : at((cell) => MAY_BE_VERSIONS.test(cell) && !isVerdictColumn(cell));
  return {
    name: found,
    group: of(GROUP),
    ecosystem: of(ECOSYSTEM),
    versions,
    from,
    before,
    upTo,
    verdict,
    unread,
  };
}

/** The versions a row says; a string is why they cannot be read. */
function versionsOfRow(
  cell: (at: number) => string,
  head: readonly string[],
  columns: Columns,
): string[] | null | string {
  const { versions, from, before, upTo, unread } = columns;
  if (unread >= 0 && cell(unread) !== '')
    return `the column ${(head[unread] ?? '').trim()} may say versions and cannot be read`;
  if (versions >= 0)
    return (
      versionsIn(cell(versions)) ??
      (versionsIn(cell(versions)) === null ? null : `“${cell(versions)}” is no list of versions`)
    );
  const bounds = [
    [from, '>='],
    [before, '<'],
    [upTo, '<='],
  ] as const;
  const written = bounds.flatMap(([at, sign]) =>
    cell(at) === '' || (sign === '>=' && cell(at) === '0') ? [] : [`${sign}${cell(at)}`],
  );
  return written.length === 0
    ? null
    : (versionsIn(written.join(' ')) ?? `“${written.join(' ')}” is no range of versions`);
}

/** One row of a table with a head. */
function readRow(
  cells: readonly string[],
  columns: Columns,
  head: readonly string[],
  line: number,
  rows: Rows,
) {
  const cell = (at: number) => (at < 0 ? '' : withoutMarks(cells[at] ?? ''));
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
  const whole = readEntry(group === '' || isPurl(named) ? named : joinedName(group, named, ecosystem));
  const parts = isRefused(whole) && /[,;\n]/.test(named) ? named.split(/[,;\n]/) : [named];
  const why = harmless(cell(columns.verdict));
  if (why !== null) return rows.refuse(line, text, why);
  const versions = versionsOfRow(cell, head, columns);
  if (typeof versions === 'string') return rows.refuse(line, text, versions);
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

/** Without the strokes of Markdown and the line ends of HTML that stand in cells. */
const withoutMarks = (cell: string) =>
  cell
    .replace(/<br\s*\/?>/gi, ', ')
    .replace(/^\s*(?:\*\*|__)(.*)(?:\*\*|__)\s*$/, '$1')
    .replaceAll('`', '')
    .trim();

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
    // The stroke below the head of a table in Markdown.
    if (delimiter === '|' && isBorder(lines[skip + 1] ?? '')) continue;
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
