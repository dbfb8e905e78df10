import type { Actor } from '#lib/actor';
import { requestActor } from '#lib/auth';
import { readBatch } from '#lib/interactions/batch';
import { readBody } from '#lib/interactions/body';
import { ingestInteractions } from '#lib/interactions/mutations';
import { listInteractions } from '#lib/interactions/queries';
import { listInteractionsSchema } from '#lib/interactions/schema';
import { log } from '#lib/log';
import { parse } from '#lib/parse';
import { authorize } from '#lib/permissions';
import { errorResponse, route } from '#lib/route';

/**
 * Ingest: one object, an array or NDJSON (by content type or by sight), gzip accepted, at most 1,000 rows and 8 MiB
 * unpacked. Not over `route()`, which reads JSON of 1 MiB only.
 */
export async function POST(request: Request): Promise<Response> {
  const startedAt = performance.now();
  let actor: Actor | undefined;
  let response: Response;
  let rows = 0;
  try {
    actor = await requestActor(request);
    // Before eight megabytes are read for somebody who may not send them.
    authorize(actor, 'interaction.ingest');
    const ndjson = /^application\/(x-)?ndjson\b/i.test(request.headers.get('content-type') ?? '');
    const batch = readBatch(await readBody(request), ndjson);
    rows = batch.length;
    response = Response.json(await ingestInteractions(actor, batch));
  } catch (error) {
    response = errorResponse(error);
  }
  log(response.status >= 500 ? 'error' : 'info', 'request', {
    method: 'POST',
    path: '/api/v1/interactions',
    status: response.status,
    ms: Math.round(performance.now() - startedAt),
    actor: actor && `${actor.kind}:${actor.name}`,
    rows,
  });
  return response;
}

/** Search, newest first: filters state, language, category, severity, source. */
export const GET = route({}, ({ actor, query }) =>
  listInteractions(actor, parse(listInteractionsSchema, Object.fromEntries(query))),
);
