import type { z } from 'zod';
import type { Actor } from './actor.ts';
import { requestActor } from './auth.ts';
import { readBody } from './interactions/body.ts';
import { takeIn } from './interactions/intake.ts';
import { log } from './log.ts';
import { NO_QUERY, parseQuery } from './parse.ts';
import { authorize, type Permission } from './permissions.ts';
import { errorResponse, type PathParts, pathWords } from './route.ts';

type Sent<Q extends z.ZodType> = { ndjson: boolean; query: z.infer<Q>; params: Record<string, string> };

/**
 * An endpoint that machines send much to: like `route()`, with bodies of up to 8 MiB in any format, gzip, a bound on
 * what one process holds at a time (`rate_limited` over it), and keys that are looked up once a second.
 */
export function ingestRoute<Q extends z.ZodType = typeof NO_QUERY>(
  permission: Permission,
  handler: (actor: Actor, body: Uint8Array, sent: Sent<Q>) => Promise<unknown>,
  options: { query?: Q } = {},
): (request: Request, context?: { params?: Promise<PathParts> }) => Promise<Response> {
  return async (request, context) => {
    const startedAt = performance.now();
    const { pathname, searchParams } = new URL(request.url);
    let actor: Actor | undefined;
    let response: Response;
    try {
      const caller = await requestActor(request, { hot: true });
      actor = caller;
      // Before eight megabytes are read for somebody who may not send them.
      authorize(caller, permission);
      const params = pathWords(await context?.params);
      const query = parseQuery<z.ZodType>(options.query ?? NO_QUERY, searchParams) as z.infer<Q>;
      const ndjson = /^application\/(x-)?ndjson\b/i.test(request.headers.get('content-type') ?? '');
      const answer = await takeIn(request, async (admission) => {
        const body = await readBody(request, admission);
        await admission.turn();
        return handler(caller, body, { ndjson, query, params });
      });
      response = Response.json(answer);
    } catch (error) {
      response = errorResponse(error, request);
    }
    log(response.status >= 500 ? 'error' : 'info', 'request', {
      method: request.method,
      path: pathname,
      status: response.status,
      ms: Math.round(performance.now() - startedAt),
      actor: actor && `${actor.kind}:${actor.name}`,
    });
    return response;
  };
}
