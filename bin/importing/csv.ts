import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { PlainError } from '../plain-error.ts';
import { MAX_LINE_BYTES } from './lines.ts';

/** The columns that a CSV may have: the contract's fields by dotted names; `finding.*` is one finding of the row. */
export const COLUMNS = [
  'id',
  'occurredAt',
  'model.name',
  'model.version',
  'surface',
  'language',
  'path',
  'actor.id',
  'actor.tier',
  'actor.tenant',
  'prompt',
  'before',
  'completion',
  'outcome',
  'sampling.temperature',
  'sampling.topP',
  'sampling.candidates',
  'control',
  'finding.detector',
  'finding.rule',
  'finding.category',
  'finding.severity',
  'finding.cwe',
  'finding.message',
  'finding.start',
  'finding.end',
  'findings',
  'meta',
] as const;

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
export async function* csvRows(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow> {
  const skipped: CsvRow[] = [];
  const parser = parse({
    bom: true,
    columns: (header: string[]) => checkedHeader(file, header),
    info: true,
    max_record_size: MAX_LINE_BYTES,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      const line = Number(error?.lines ?? 0);
      skipped.push({ line, unreadable: csvProblem(error) });
      return undefined;
    },
  });
  const source = Readable.from(inUtf8(file, chunks));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const each of parser) {
      yield* skipped.splice(0);
      const { record, info } = each as { record: Record<string, string>; info: { lines: number } };
      yield { line: info.lines, value: rowOf(record) };
    }
  } catch (error) {
    if (error instanceof PlainError) throw error;
    throw new PlainError(`${file} is no CSV that can be read: ${csvProblem(error as CsvError)}.`);
  } finally {
    source.destroy();
  }
  yield* skipped;
}

function csvProblem(error: CsvError | undefined): string {
  switch (error?.code) {
    case 'CSV_RECORD_INCONSISTENT_COLUMNS':
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return 'has another number of fields than the header';
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'has a quote that is never closed';
    case 'CSV_MAX_RECORD_SIZE':
      return `is longer than ${MAX_LINE_BYTES} bytes`;
    default:
      return error?.message ?? 'cannot be read';
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

async function* inUtf8(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let passed = 0;
  const wrong = () =>
    new PlainError(`${file} is not UTF-8 near byte ${passed}. Save it as UTF-8 and import it again.`);
  for await (const chunk of chunks) {
    try {
      decoder.decode(chunk, { stream: true });
    } catch {
      throw wrong();
    }
    passed += chunk.length;
    yield chunk;
  }
  try {
    decoder.decode();
  } catch {
    throw wrong();
  }
}

/** A record as a row of the contract: empty cells are absent, numbers and JSON are read where the field wants them. */
function rowOf(record: Record<string, string>): unknown {
  const row: Record<string, unknown> = { prompt: '' };
  const finding: Record<string, unknown> = {};
  for (const [column, cell] of Object.entries(record)) {
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
