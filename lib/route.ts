import type { z } from 'zod';
import type { Actor } from './actor.ts';
import { requestActor } from './auth.ts';
import { AppError, ERROR_STATUS } from './errors.ts';
import { once } from './idempotency/once.ts';
import { errorFields, log } from './log.ts';
import { findNestingFault } from './nesting.ts';
import { NO_QUERY, parse, parseQuery } from './parse.ts';
import { refuseUnstorable, storable } from './storable.ts';

const BODY_LIMIT_BYTES = 1024 * 1024;
/** Of an act that needs no body. */
const OPTIONAL_BODY_LIMIT_BYTES = 16 * 1024;

type Context<S extends z.ZodType, Q extends z.ZodType> = {
  actor: Actor;
  request: Request;
  params: Record<string, string>;
  query: z.infer<Q>;
  body: z.infer<S>;
};

/** What Next makes of the dynamic parts of a path. */
export type PathParts = Record<string, string | string[] | undefined>;
type NextContext = { params: Promise<PathParts | undefined> };

/**
 * One `/api/v1` endpoint over one verb or query: API key or session, JSON parsed with `body`, errors in the
 * public shape, one log line. A returned Response is passed on as it is; anything else becomes JSON.
 */
export function route<S extends z.ZodType = z.ZodUndefined, Q extends z.ZodType = typeof NO_QUERY>(
  /**
   * `query`: left out, none is taken. `optional`: no body stands for `{}`. `bodyBytes`: what the body may weigh; left
   * out, 1 MiB.
   */
  options: { query?: Q; body?: S; optional?: boolean; bodyBytes?: number; status?: number },
  handler: (context: Context<S, Q>) => Promise<unknown>,
): (request: Request, context: NextContext) => Promise<Response> {
  return async (request, context) => {
    const startedAt = performance.now();
    const url = new URL(request.url);
    let status = 500;
    let actor: Actor | undefined;
    try {
      actor = await requestActor(request);
      const params = pathWords(await context.params);
      const query = parseQuery<z.ZodType>(options.query ?? NO_QUERY, url.searchParams) as z.infer<Q>;
      const body = options.body
        ? parse(
            options.body,
            await readJson(
              request,
              options.optional ?? false,
              options.bodyBytes ?? (options.optional ? OPTIONAL_BODY_LIMIT_BYTES : BODY_LIMIT_BYTES),
            ),
          )
        : undefined;
      // What the schema lets through, it may not have looked at.
      refuseUnstorable(body, 'body');
      const handle = { actor, request, params, query, body: body as z.infer<S> };
      const key = request.method === 'GET' ? null : request.headers.get('idempotency-key');
      const operation = `${request.method} ${url.pathname}`;
      const result = await once(actor, key, { operation, input: body ?? null }, () => handler(handle));
      const response =
        result instanceof Response ? result : Response.json(result, { status: options.status ?? 200 });
      status = response.status;
      return fresh(response);
    } catch (error) {
      const response = errorResponse(error, request);
      status = response.status;
      return fresh(response);
    } finally {
      log(status >= 500 ? 'error' : 'info', 'request', {
        method: request.method,
        path: url.pathname,
        status,
        ms: Math.round(performance.now() - startedAt),
        actor: actor && `${actor.kind}:${actor.name}`,
      });
    }
  };
}

/** The dynamic parts of a path as texts. A route without any has no params at all. */
export function pathWords(params: PathParts | undefined): Record<string, string> {
  const words = Object.entries(params ?? {}).map(([key, value]) => [key, String(value)] as const);
  // Postgres has no text with a NUL, so nothing can be called that.
  if (words.some(([, word]) => !storable(word))) {
    throw new AppError('not_found', 'There is nothing by that name.');
  }
  return Object.fromEntries(words);
}

/** What one may read somebody else may not, a moment later perhaps not even they: no cache keeps it. */
function fresh(response: Response): Response {
  if (!response.headers.has('Cache-Control')) response.headers.set('Cache-Control', 'no-store');
  return response;
}

/** An error in the public shape; the inside of an unexpected one goes to the log only. */
export function errorResponse(error: unknown, request: Request): Response {
  const response = refusal(error);
  // What is left of a body that nobody reads would be taken for the next request of a kept connection.
  if (request.body && (!request.bodyUsed || response.status === ERROR_STATUS.too_large)) {
    response.headers.set('Connection', 'close');
  }
  return response;
}

function refusal(error: unknown): Response {
  if (error instanceof AppError) {
    const headers = new Headers();
    if (error.retryAfterSeconds !== undefined) headers.set('Retry-After', String(error.retryAfterSeconds));
    const { code, message, fields } = error;
    return Response.json(
      { error: { code, message, ...(fields && { fields }) } },
      { status: ERROR_STATUS[code], headers },
    );
  }
  log('error', 'unexpected error', errorFields(error));
  const message = 'Stopgap could not answer right now. Nothing was acknowledged; send the request again.';
  return Response.json(
    { error: { code: 'unavailable', message } },
    { status: 503, headers: { 'Retry-After': '1' } },
  );
}

async function readJson(request: Request, optional: boolean, limit: number): Promise<unknown> {
  const bytes = await readLimited(request.body, limit);
  if (optional && bytes.byteLength === 0) return {};
  const fault = findNestingFault(bytes);
  if (fault) throw new AppError('invalid', `The body is ${fault}.`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new AppError('invalid', 'The body is not valid JSON in UTF-8.');
  }
}

/** Reads at most `limit` bytes of a stream; throws `too_large` at the first byte over it. */
async function readLimited(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw new AppError('too_large', `The body is larger than ${limit} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
