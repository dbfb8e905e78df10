import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor } from '#lib/actor';
import { AppError } from '#lib/errors';
import { takeSamples } from '#lib/fleet/samples';
import { log } from '#lib/log';
import { parse } from '#lib/parse';
import { sampleBatchSchema } from '#sdk/report';
import { answerJson, readJson } from './answer.ts';

/** What one call may weigh; a guard sends 2 MiB at most, a single sample of the largest texts is near 2.5 MB. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;
/** Calls whose body is in memory at once; who comes then keeps its samples and tries again. */
const AT_ONCE = 16;

/** `POST /v1/samples`, answered after commit: `{ created }` counts what was new. */
export function samplesRoute(speakerOf: (request: IncomingMessage) => Promise<Actor>) {
  let running = 0;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const actor = await speakerOf(request);
    if (running >= AT_ONCE) throw away();
    running++;
    try {
      const { samples } = parse(sampleBatchSchema, await readJson(request, BODY_LIMIT_BYTES));
      answerJson(response, 200, await takeSamples(actor, samples).catch(refuse));
    } finally {
      running--;
    }
  };
}

const away = () =>
  new AppError('unavailable', 'The samples could not be stored. Keep them and send them again.', {
    retryAfterSeconds: 5,
  });

/** Whatever else goes wrong goes wrong in the database; the texts of a sample must never reach a log. */
function refuse(error: unknown): never {
  if (error instanceof AppError) throw error;
  const { name } = error instanceof Error ? error : { name: typeof error };
  log('warn', 'feed: samples could not be stored', { error: name });
  throw away();
}
