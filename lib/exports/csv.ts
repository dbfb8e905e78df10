/** Lets spreadsheets read the file as UTF-8. */
export const CSV_BOM = '\uFEFF';

// What a spreadsheet may run or use to break out of a cell; full-width forms are folded by some of them.
const FORMULA = /^[=+\-@\t\r\n\0＝＋－＠]/;

/**
 * One RFC 4180 record with every cell quoted. A cell that a spreadsheet could take for a formula gets a leading
 * quote, and the last column, `altered_cells`, names the columns where that was done: NDJSON has the originals.
 */
export function csvRecord(columns: readonly string[], cells: Record<string, unknown>): string {
  const altered: string[] = [];
  const quoted = columns.map((column) => {
    const text = textOf(cells[column]);
    if (!FORMULA.test(text)) return quote(text);
    altered.push(column);
    return quote(`'${text}`);
  });
  return `${[...quoted, quote(altered.join(' '))].join(',')}\r\n`;
}

/** The header line; `altered_cells` is always the last column. */
export function csvHeader(columns: readonly string[]): string {
  return `${[...columns, 'altered_cells'].map(quote).join(',')}\r\n`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
