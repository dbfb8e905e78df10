import { parse } from 'csv-parse/sync';
import { PlainError } from '../plain-error.ts';
import { COLUMNS } from './columns.ts';
import type { Dialect } from './dialect.ts';
import { csvRecords } from './records.ts';

const REQUIRED = [
  'id',
  'occurredAt',
  'model.name',
  'model.version',
  'surface',
  'language',
  'actor.id',
  'completion',
];
const NUMBERS = /^(sampling\.|finding\.(start|end)$)/;
/** Empty is a text here, not an absence. */
const TEXTS = ['prompt', 'completion'];

const EXAMPLE: Record<string, string> = {
  id: 'req-1',
  occurredAt: '2026-11-01T12:00:00Z',
  'model.name': 'codex-sim',
  'model.version': '2026.9',
  surface: 'inline',
  language: 'python',
  path: 'app/users.py',
  'actor.id': 'user-7',
  'actor.tier': 'business',
  prompt: 'Read the user by name',
  completion: '"cursor.execute(""SELECT * FROM users WHERE name = \'%s\'"" % name)"',
  'finding.detector': 'semgrep',
  'finding.category': 'insecure_code',
  'finding.severity': 'high',
  'finding.cwe': 'CWE-89',
};

/** A header with every column, and one row that would be taken. */
export function csvTemplate(): string {
  return `${COLUMNS.join(',')}\n${COLUMNS.map((column) => EXAMPLE[column] ?? '').join(',')}`;
}

type CsvRow = { line: number; value: unknown } | { line: number; unreadable: string };

/** The rows of a CSV file one by one. Throws a plain line for a header or an encoding that cannot be used. */
export async function* csvRows(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  dialect: Dialect,
): AsyncGenerator<CsvRow> {
  let header: string[] | undefined;
  let isFirst = true;
  for await (const record of csvRecords(inUtf8(file, chunks), dialect)) {
    const isSepLine = isFirst && dialect.hasSepLine;
    isFirst = false;
    if (isSepLine) continue;
    const { line } = record;
    const cells = 'text' in record ? cellsOf(record.text, dialect.delimiter) : null;
    if (!header) {
      if (!cells)
        throw new PlainError(`${file} has no header that can be read: its line ${line} has a wrong quote.`);
      header = checkedHeader(file, cells);
    } else if ('unreadable' in record) yield record;
    else if (!cells) yield { line, unreadable: 'cannot be read' };
    // A spreadsheet writes rows that nobody filled.
    else if (cells.every((cell) => cell === '')) continue;
    else if (cells.length !== header.length) {
      yield {
        line,
        unreadable: `has another number of fields than the header: ${cells.length}, not ${header.length}`,
      };
    } else yield { line, value: rowOf(header, cells) };
  }
}

/** The cells of one record; null where it has none that can be read. */
function cellsOf(text: string, delimiter: string): string[] | null {
  try {
    return (parse(text, { delimiter, relax_column_count: true }) as string[][])[0] ?? null;
  } catch {
    return null;
  }
}

function checkedHeader(file: string, header: string[]): string[] {
  const names = header.map((name) => name.trim());
  const known: readonly string[] = COLUMNS;
  const odd = names.filter((name) => !known.includes(name));
  const missing = REQUIRED.filter((name) => !names.includes(name));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const problem =
    (odd.length > 0 && `has columns that are not known: ${odd.slice(0, 5).join(', ').slice(0, 200)}`) ||
    (missing.length > 0 && `lacks the columns ${missing.join(', ')}`) ||
    (twice.length > 0 && `has the column ${twice[0]} twice`);
  if (problem) throw new PlainError(`${file} ${problem}. See: npm run stopgap -- import --template`);
  return names;
}

async function* inUtf8(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let passed = 0;
  const decoded = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new PlainError(`${file} is not UTF-8 near byte ${passed}. Save it as UTF-8 and import it again.`);
    }
  };
  for await (const chunk of chunks) {
    yield decoded(chunk);
    passed += chunk.length;
  }
  yield decoded();
}

/** A record as a row of the contract: empty cells are absent, numbers and JSON are read where the field wants them. */
function rowOf(header: readonly string[], cells: readonly string[]): unknown {
  const row: Record<string, unknown> = { prompt: '' };
  const finding: Record<string, unknown> = {};
  for (const [index, column] of header.entries()) {
    const cell = cells[index] ?? '';
    if (cell === '' && !TEXTS.includes(column)) continue;
    const value = cellValue(column, cell);
    const [first = '', second] = column.split('.');
    if (first === 'finding' && second) finding[second] = value;
    else if (second) row[first] = { ...(row[first] as object | undefined), [second]: value };
    else row[first] = value;
  }
  if (Object.keys(finding).length > 0) {
    row.findings = [finding, ...(Array.isArray(row.findings) ? row.findings : [])];
  }
  return row;
}

function cellValue(column: string, cell: string): unknown {
  if (column === 'control' && /^(true|false)$/i.test(cell)) return cell.toLowerCase() === 'true';
  if (NUMBERS.test(column) && cell.trim() !== '' && Number.isFinite(Number(cell))) return Number(cell);
  if (column !== 'meta' && column !== 'findings') return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
