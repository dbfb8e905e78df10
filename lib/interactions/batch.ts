import { AppError } from '#lib/errors';
import { findNestingFault, isTooDeep, TOO_DEEP } from '#lib/nesting';
import { fieldErrors } from '#lib/parse';
import { SMALL_BODY_BYTES } from './intake.ts';
import { type InteractionRow, interactionRowSchema, MAX_ROWS } from './schema.ts';
import { findTextFault } from './text-faults.ts';

export type RowError = { code: 'invalid' | 'conflict'; message: string; fields?: Record<string, string> };

/** One row of a batch after validation; `id` is the caller's id where it could be read. */
export type CheckedRow = { id: string | null } & ({ row: InteractionRow } | { error: RowError });

const NEWLINE = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Splits a body into rows and checks each by itself, so that one bad row never spoils its neighbours.
 * `ndjson` is the content type's word; without it one JSON value is tried first, and a body whose first line is a
 * whole object by itself is taken as NDJSON. Blank lines are no rows. Throws `invalid` when nothing can be read,
 * `too_large` over 1,000 rows.
 */
export function readBatch(body: Uint8Array, ndjson: boolean): CheckedRow[] {
  return readRows(body, ndjson).map(checkRow);
}

/** A row before validation: any JSON value, or why it is none. */
export type RawRow = { value: unknown } | { unreadable: string };

/** The rows of a body as they were sent, for formats that are not the contract's. Throws as `readBatch` does. */
export function readRows(body: Uint8Array, ndjson: boolean): RawRow[] {
  const rows = ndjson ? readLines(body) : (readJson(body) ?? readLines(body));
  if (rows.length > MAX_ROWS) {
    const message = `One call takes at most ${MAX_ROWS} rows, this has ${rows.length}. Nothing was stored; send it in parts.`;
    throw new AppError('too_large', message, { fields: { '(rows)': `must be at most ${MAX_ROWS}` } });
  }
  return rows;
}

function readJson(body: Uint8Array): RawRow[] | null {
  // Told by its first line rather than by failing to parse eight megabytes as one.
  if (startsWithWholeObject(body)) return null;
  const value = parseUtf8(body);
  if ('unreadable' in value) {
    const problem = `is ${value.unreadable}`;
    throw new AppError('invalid', `The body ${problem}. Nothing was stored.`, {
      fields: { '(body)': problem },
    });
  }
  return Array.isArray(value.value) ? value.value.map((row) => ({ value: row })) : [value];
}

function readLines(body: Uint8Array): RawRow[] {
  const rows: RawRow[] = [];
  for (const line of linesOf(body)) {
    if (line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)) continue;
    // Counted on for the message, never parsed: a body of a million lines costs no million parses.
    rows.push(rows.length < MAX_ROWS ? parseUtf8(line) : { unreadable: '' });
  }
  return rows;
}

// Split on bytes, not on text: a broken character then spoils one line only, and U+2028 is no line end.
function* linesOf(body: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < body.length) {
    const end = body.indexOf(NEWLINE, start);
    yield body.subarray(start, end === -1 ? body.length : end);
    start = end === -1 ? body.length : end + 1;
  }
}

function startsWithWholeObject(body: Uint8Array): boolean {
  const first = linesOf(body).next().value;
  if (!first || first.length >= body.length - 1) return false;
  const parsed = parseUtf8(first);
  return (
    'value' in parsed &&
    typeof parsed.value === 'object' &&
    parsed.value !== null &&
    !Array.isArray(parsed.value)
  );
}

function parseUtf8(bytes: Uint8Array): RawRow {
  // A small text cannot become much: it is parsed first and looked at then, which is many times cheaper.
  const isSmall = bytes.length <= SMALL_BODY_BYTES;
  const fault = isSmall ? null : findNestingFault(bytes);
  if (fault) return { unreadable: fault };
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return isSmall && isTooDeep(value) ? { unreadable: TOO_DEEP } : { value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) return { unreadable: 'not valid UTF-8' };
    return { unreadable: (isSmall && findNestingFault(bytes)) || 'not valid JSON' };
  }
}

/** One row against the contract, by itself. */
export function checkRow(raw: RawRow): CheckedRow {
  if ('unreadable' in raw) return invalid(null, `This row is ${raw.unreadable}.`);
  const id = idOf(raw.value);
  const parsed = interactionRowSchema.safeParse(raw.value);
  if (!parsed.success) {
    const fields = fieldErrors(parsed.error);
    const [field, problem] = Object.entries(fields)[0] ?? ['(body)', 'is not valid'];
    return invalid(id, `${field}: ${problem}`, fields);
  }
  // After the schema, which bounds the depth of `meta`.
  const fault = findTextFault(parsed.data);
  if (!fault) return { id: parsed.data.id, row: parsed.data };
  const problem = `has ${fault.what} at offset ${fault.offset}, which cannot be stored`;
  return invalid(id, `${fault.path} ${problem}`, { [fault.path]: problem });
}

function invalid(id: string | null, message: string, fields?: Record<string, string>): CheckedRow {
  return { id, error: { code: 'invalid', message, ...(fields && { fields }) } };
}

function idOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'string' ? value.id.slice(0, 300).toWellFormed() : null;
}
