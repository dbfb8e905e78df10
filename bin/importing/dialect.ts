import { COLUMNS } from './columns.ts';

/** How a CSV file separates its cells and rows. */
export type Dialect = {
  delimiter: string;
  /** Excel's first line, which names the delimiter: `sep=;`. */
  hasSepLine: boolean;
  /** A carriage return alone ends a row: old Macs, where no line feed stands anywhere. */
  isReturn: boolean;
  /** How many columns of the header are known. */
  known: number;
};

const DELIMITERS = [',', ';', '\t', '|'] as const;
const NAMES: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
};
const SEP_LINE = /^"?sep=([^\r\n"])"?[ \t]*(?:\r\n|\n|\r|$)/i;

/** The dialect of a text, told by its header: the delimiter that parts it into the most columns that are known. */
export function dialectOf(head: string): Dialect {
  const text = head.replace(/^\uFEFF/, '');
  const sep = SEP_LINE.exec(text);
  const header = text.slice(sep?.[0].length ?? 0).split(/\r\n|\n|\r/, 1)[0] ?? '';
  const isReturn = text.includes('\r') && !text.includes('\n');
  const counted = (sep?.[1] ? [sep[1]] : DELIMITERS).map((delimiter) => ({
    delimiter,
    known: knownIn(header, delimiter),
  }));
  const [best = { delimiter: ',', known: 0 }] = counted.toSorted((a, b) => b.known - a.known);
  return { ...best, hasSepLine: sep !== null, isReturn };
}

function knownIn(header: string, delimiter: string): number {
  const names = header.split(delimiter).map((name) =>
    name
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
  );
  return new Set(names.filter((name) => (COLUMNS as readonly string[]).includes(name))).size;
}

/** In words: "its first line has 11 known columns with semicolons between them". */
export function dialectWords({ delimiter, hasSepLine, known }: Dialect): string {
  const between = NAMES[delimiter] ?? `"${delimiter}"`;
  const columns = `${hasSepLine ? 'the line after "sep="' : 'its first line'} has ${known} known column${known === 1 ? '' : 's'}`;
  return known === 1 ? columns : `${columns} with ${between} between them`;
}
