import { AppError } from '#lib/errors';
import { type RawRow, readRows } from '#lib/interactions/batch';
import type { Adapted, AdapterContext, AdapterName } from './adapted.ts';
import { fromLiteLlm } from './litellm.ts';
import { fromLlamaGuard } from './llama-guard.ts';
import { fromOpenAiModeration } from './openai-moderation.ts';
import { fromPortkey } from './portkey.ts';
import { fromProvider } from './provider.ts';
import { fromSarif } from './sarif.ts';

/**
 * A body in another tool's format. SARIF is one JSON document; the others are one object, an array or NDJSON, at most
 * 1,000 rows. Throws `invalid` when nothing can be read, `too_large` over a count.
 */
export function readAdapted(
  adapter: AdapterName,
  body: Uint8Array,
  ndjson: boolean,
  context: AdapterContext,
): Adapted {
  return adapter === 'sarif' ? fromSarif(parseJson(body), context) : rowsIn(adapter, readRows(body, ndjson));
}

/** Rows in the format of a tool that writes rows. */
export function rowsIn(adapter: Exclude<AdapterName, 'sarif'>, rows: RawRow[]): Adapted {
  return READERS[adapter](rows);
}

const READERS = {
  'openai-moderation': fromOpenAiModeration,
  'llama-guard': fromLlamaGuard,
  litellm: fromLiteLlm,
  portkey: fromPortkey,
  provider: fromProvider,
} as const;

/** One JSON document in UTF-8, with or without the byte order mark that some scanners write. Throws `invalid`. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'valid JSON' : 'valid UTF-8';
    throw new AppError('invalid', `The body is not ${what}.`);
  }
}
