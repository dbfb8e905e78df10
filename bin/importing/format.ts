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

/** What a file is by its first bytes; null when nothing tells. */
export function formatOf(head: Uint8Array): Format | null {
  const text = new TextDecoder().decode(head).trimStart();
  const newline = text.indexOf('\n');
  const firstLine = newline === -1 ? text : text.slice(0, newline);
  if (text.startsWith('{')) {
    const first = parsed(firstLine);
    if (first) return formatOfRecord(first);
    if (/"runs"\s*:|sarif/i.test(text.slice(0, 8_000)) && newline < 8) return 'sarif';
    // One line that is longer than what was looked at.
    if (newline !== -1) return /"runs"\s*:/.test(text) ? 'sarif' : null;
    return /^\{\s*"(\$schema|version|runs)"/.test(text) ? 'sarif' : 'ndjson';
  }
  return /^"?[\w.]+"?(,|$)/.test(firstLine) && /(^|,)"?id"?(,|\r?$)/.test(firstLine) ? 'csv' : null;
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
