import type { Actor } from '#lib/actor';
import type { Adapted } from '#lib/adapters/adapted';
import { AppError } from '#lib/errors';
import type { RawRow } from '#lib/interactions/batch';
import { PlainError } from '../plain-error.ts';
import { csvRows } from './csv.ts';
import { dialectOf } from './dialect.ts';
import type { Format, Recognised } from './format.ts';
import { linesOf, MAX_LINE_BYTES } from './lines.ts';
import type { Opened } from './open.ts';
import type { Outcome } from './tally.ts';
import { valuesOf } from './values.ts';

const BATCH_ROWS = 500;
/** Bytes of one batch: large rows go in smaller batches. */
const BATCH_BYTES = 4 * 1024 * 1024;
const SARIF_BYTES = 256 * 1024 * 1024;

export type ImportOptions = {
  file: string;
  format: Format;
  shape: Recognised['shape'];
  source: string;
  actor: Actor;
  dryRun: boolean;
};
type Numbered = { place: string; raw: RawRow; bytes: number };

/** Imports batch by batch and answers what became of each row; a batch has committed when its outcomes come. What scans say of their own failure is added to `failures`. */
export async function* outcomes(
  opened: Opened,
  options: ImportOptions,
  failures: string[],
): AsyncGenerator<Outcome[]> {
  if (options.format === 'sarif') {
    yield* sarifOutcomes(opened, options, failures);
    return;
  }
  const rows =
    options.format === 'csv' ? csvNumbered(opened, options.file) : jsonNumbered(opened, options.shape);
  const reader = rows[Symbol.asyncIterator]();
  let failure: unknown;
  for (let ended = false; !ended; ) {
    const batch: Numbered[] = [];
    for (let bytes = 0; batch.length < BATCH_ROWS && bytes < BATCH_BYTES; ) {
      const next = await reader.next().catch((error: unknown) => {
        failure = error;
        return { done: true as const, value: undefined };
      });
      if (next.done) {
        ended = true;
        break;
      }
      batch.push(next.value);
      bytes += next.value.bytes;
    }
    // Also what came before a file broke off.
    if (batch.length > 0) yield await rowOutcomes(batch, options);
  }
  if (failure !== undefined) throw failure;
}

async function* jsonNumbered({ chunks }: Opened, shape: Recognised['shape']): AsyncGenerator<Numbered> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const { number, bytes } of shape === 'values' ? valuesOf(chunks) : linesOf(chunks)) {
    const place = `line ${number}`;
    if (bytes === null) {
      yield { place, raw: { unreadable: `longer than ${MAX_LINE_BYTES} bytes` }, bytes: 0 };
      continue;
    }
    let raw: RawRow;
    try {
      raw = { value: JSON.parse(decoder.decode(bytes)) };
    } catch (error) {
      raw = { unreadable: error instanceof SyntaxError ? 'not valid JSON' : 'not valid UTF-8' };
    }
    yield { place, raw, bytes: bytes.length };
  }
}

async function* csvNumbered({ chunks, head }: Opened, file: string): AsyncGenerator<Numbered> {
  for await (const row of csvRows(file, chunks, dialectOf(new TextDecoder().decode(head)))) {
    const raw: RawRow =
      'value' in row ? { value: row.value } : { unreadable: `no CSV row: it ${row.unreadable}` };
    const bytes = 'value' in row ? JSON.stringify(row.value).length : 0;
    yield { place: `line ${row.line}`, raw, bytes };
  }
}

async function rowOutcomes(batch: Numbered[], options: ImportOptions): Promise<Outcome[]> {
  const { format, actor, source, dryRun } = options;
  const raws = batch.map(({ raw }) => raw);
  const placeOf = (index: number) => batch[index]?.place ?? '';
  if (format !== 'ndjson' && format !== 'csv' && format !== 'sarif') {
    const { rowsIn } = await import('#lib/adapters/read');
    return adaptedOutcomes(rowsIn(format, raws), options, placeOf);
  }
  const { checkRow } = await import('#lib/interactions/batch');
  const { ingestInteractions } = await import('#lib/interactions/mutations');
  const { previewRows } = await import('#lib/adapters/preview');
  const checked = raws.map(checkRow);
  const results = dryRun
    ? await previewRows(actor, source, checked)
    : (await ingestInteractions(actor, checked)).results;
  return results.map(({ index, id, status, error }) => ({
    place: placeOf(index),
    id,
    status: status === 'invalid' ? 'refused' : status,
    why: error?.message,
  }));
}

async function adaptedOutcomes(
  adapted: Adapted,
  { actor, source, dryRun }: ImportOptions,
  placeOf: (index: number) => string,
): Promise<Outcome[]> {
  const { applyAdapted } = await import('#lib/adapters/apply');
  const { previewAdapted } = await import('#lib/adapters/preview');
  const results = dryRun
    ? await previewAdapted(actor, source, adapted)
    : (await applyAdapted(actor, adapted, source)).results;
  return results.map(({ index, id, status, error, why, ...beside }) => ({
    place: placeOf(index),
    id,
    status,
    why: error?.message ?? why,
    ...beside,
  }));
}

/** One JSON document, so it is held whole, up to a limit; its findings go in by parts. */
async function* sarifOutcomes(
  { chunks }: Opened,
  options: ImportOptions,
  failures: string[],
): AsyncGenerator<Outcome[]> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > SARIF_BYTES) {
      throw new PlainError(
        `${options.file} is larger than ${SARIF_BYTES / 1024 / 1024} MiB unpacked. Split its runs into several files.`,
      );
    }
    parts.push(chunk);
  }
  const { parseJson } = await import('#lib/adapters/read');
  const { fromSarif } = await import('#lib/adapters/sarif');
  let adapted: Adapted;
  try {
    adapted = fromSarif(
      parseJson(Buffer.concat(parts)),
      { receivedAt: new Date() },
      Number.POSITIVE_INFINITY,
    );
  } catch (error) {
    // The file is at fault, not the command.
    throw error instanceof AppError ? new PlainError(`${options.file}: ${error.message}`) : error;
  }
  failures.push(...(adapted.failures ?? []));
  // What goes to one made interaction goes together.
  const rowOf = (item: Adapted['items'][number]) => (item.kind === 'finding' && item.orRow) || '';
  const items = [...adapted.items].sort((a, b) => rowOf(a).localeCompare(rowOf(b)) || a.index - b.index);
  for (let from = 0; from < items.length; from += BATCH_ROWS) {
    const part = { ...adapted, items: items.slice(from, from + BATCH_ROWS) };
    yield await adaptedOutcomes(part, options, (index) => `result ${index + 1}`);
  }
}
