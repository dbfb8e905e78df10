import { AppError } from '#lib/errors';
import { readRows } from '#lib/interactions/batch';
import type { Adapted, AdapterContext, AdapterName } from './adapted.ts';
import { fromLiteLlm } from './litellm.ts';
import { fromLlamaGuard } from './llama-guard.ts';
import { fromOpenAiModeration } from './openai-moderation.ts';
import { fromPortkey } from './portkey.ts';
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
  switch (adapter) {
    case 'sarif':
      return fromSarif(parseJson(body), context);
    case 'openai-moderation':
      return fromOpenAiModeration(readRows(body, ndjson));
    case 'llama-guard':
      return fromLlamaGuard(readRows(body, ndjson));
    case 'litellm':
      return fromLiteLlm(readRows(body, ndjson));
    case 'portkey':
      return fromPortkey(readRows(body, ndjson));
  }
}

/** One JSON document in UTF-8, with or without the byte order mark that some scanners write. Throws `invalid`. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'valid JSON' : 'valid UTF-8';
    throw new AppError('invalid', `The body is not ${what}.`);
  }
}
