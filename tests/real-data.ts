import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A row of the contract as a sender writes it. */
export type ContractRow = Record<string, unknown> & {
  id: string;
  language: string;
  prompt: string;
  before: string | null;
  completion: string;
  findings: { detector: string; category: string; severity: string; cwe: string | null }[];
};

type DataRecord = {
  source: string;
  sourceId: string;
  license: string;
  language: string;
  kind: string;
  prompt: string;
  before: string | null;
  completion: string;
  cwe: string | null;
  detector: string | null;
  severity: string | null;
};

const file = path.resolve(import.meta.dirname, '../../shared/data/flagged.ndjson.gz');

/** Whether the collection of real flagged interactions lies beside the checkout; it is not part of the product. */
export const hasRealData = existsSync(file);
export const realDataPlace = file;

/** Every real record as a row of the contract, in the file's order. */
export function realRows(): ContractRow[] {
  // Split on the newline only: readline would also split inside texts, at U+2028.
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => toContractRow(JSON.parse(line) as DataRecord));
}

/** The kinds of the collection are categories of the contract by the same names. */
function toContractRow(record: DataRecord): ContractRow {
  return {
    id: `${record.source}/${record.sourceId}`,
    occurredAt: '2026-11-01T12:00:00Z',
    model: { name: modelOf(record), version: 'unknown' },
    surface: record.before === null ? 'chat' : 'inline',
    language: record.language,
    actor: { id: 'dataset' },
    prompt: record.prompt,
    before: record.before,
    completion: record.completion,
    findings: [
      {
        detector: record.detector ?? 'unknown',
        category: record.kind,
        severity: record.severity ?? 'medium',
        cwe: record.cwe,
      },
    ],
    meta: { license: record.license },
  };
}

// `<model>_<temperature>/<task>#<sample>`
function modelOf(record: DataRecord): string {
  if (!record.source.endsWith('/SALLM')) return 'unknown';
  return /^(.+)_[\d.]+\//.exec(record.sourceId)?.[1] ?? 'unknown';
}
