import { dialectOf, dialectWords } from './dialect.ts';

export const FORMATS = [
  'ndjson',
  'sarif',
  'csv',
  'litellm',
  'portkey',
  'provider',
  'openai-moderation',
  'llama-guard',
] as const;
export type Format = (typeof FORMATS)[number];

/** What a file is, how its rows are parted, and by what that is told. */
export type Recognised = {
  format: Format;
  /** One row a line, or JSON values over several lines, in an array or behind each other. */
  shape: 'lines' | 'values';
  why: string;
};

/** What a file is by its first bytes; null when nothing tells. */
export function recognise(head: Uint8Array): Recognised | null {
  const text = new TextDecoder().decode(head).trimStart();
  const newline = text.indexOf('\n');
  const firstLine = newline === -1 ? text : text.slice(0, newline);
  if (text.startsWith('{')) {
    const first = parsed(firstLine);
    if (first) return of(first, 'lines', 'its first line');
    if (/"runs"\s*:|sarif/i.test(text.slice(0, 8_000)) && newline < 8) return sarif;
    // One line that is longer than what was looked at.
    if (newline === -1) {
      if (/^\{\s*"(\$schema|version|runs)"/.test(text)) return sarif;
      return { format: 'ndjson', shape: 'lines', why: 'it begins as JSON, in one long line' };
    }
    if (/[{[,:]\s*$/.test(firstLine)) {
      const value = firstValue(text);
      if (value) return of(value, 'values', 'its first JSON value, over several lines');
    }
    return /"runs"\s*:/.test(text) ? sarif : null;
  }
  if (text.startsWith('[')) {
    const value = firstValue(text.slice(1).trimStart());
    return value && of(value, 'values', 'the first value of its JSON array');
  }
  const dialect = dialectOf(text);
  return dialect.known >= 2 || (dialect.known === 1 && /(?:^|\W)id(?:\W|$)/.test(firstLine))
    ? { format: 'csv', shape: 'lines', why: dialectWords(dialect) }
    : null;
}

const sarif: Recognised = { format: 'sarif', shape: 'lines', why: 'it begins as a SARIF log' };

function of(record: Record<string, unknown>, shape: Recognised['shape'], where: string): Recognised {
  const format = formatOfRecord(record);
  const fields = Object.keys(record)
    .slice(0, 3)
    .map((field) => JSON.stringify(field.slice(0, 40)))
    .join(', ');
  return {
    format,
    shape,
    why: fields === '' ? `${where} is an empty object` : `${where} has the fields ${fields}`,
  };
}

/** Whether rows of a file whose format was said are parted by lines. */
export function shapeOf(head: Uint8Array): Recognised['shape'] {
  return (
    recognise(head)?.shape ??
    (/^\uFEFF?\s*\[/.test(new TextDecoder().decode(head.subarray(0, 200))) ? 'values' : 'lines')
  );
}

/** The object that a text begins with, read to its last bracket. */
function firstValue(text: string): Record<string, unknown> | null {
  let depth = 0;
  for (const { 0: sign, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (sign === '{' || sign === '[') depth += 1;
    else if ((sign === '}' || sign === ']') && --depth <= 0) return parsed(text.slice(0, index + 1));
  }
  return null;
}

function formatOfRecord(record: Record<string, unknown>): Format {
  const isSarif = /sarif/i.test(String(record.$schema)) || (record.version === '2.1.0' && !('id' in record));
  if (Array.isArray(record.runs) || isSarif) return 'sarif';
  if ('standard_logging_object' in record || ('startTime' in record && 'call_type' in record))
    return 'litellm';
  const portkey = ['hook_results', 'ai_model', 'ai_org', 'request.body', 'response.body'];
  if (portkey.some((field) => field in record)) return 'portkey';
  const isExchange = ['response', 'choices', 'candidates', 'stop_reason', 'output'].some(
    (field) => field in record,
  );
  return isExchange && !('completion' in record) ? 'provider' : 'ndjson';
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
