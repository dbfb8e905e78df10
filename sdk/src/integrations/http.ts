import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { type ChatGuardOptions, guardChat } from './openai.ts';

export type { ChatBody, ChatGuardOptions } from './openai.ts';
export { guardChat } from './openai.ts';

type Fetch = typeof fetch;

/**
 * A `fetch` for any client of an OpenAI-compatible service: `new OpenAI({ fetch: guardedFetch({ guard }) })`. What
 * the client sends and what it gets back goes through the guard; the service itself is not touched.
 */
export function guardedFetch(options: ChatGuardOptions & { fetch?: Fetch }): Fetch {
  const send = options.fetch ?? fetch;
  return async (input, init) => guardChat(new Request(input, init), (request) => send(request), options);
}

/** A request handler (fetch style) that stands in front of an OpenAI-compatible service at `upstream`. */
export function proxyHandler(
  options: ChatGuardOptions & { upstream: string; fetch?: Fetch },
): (request: Request) => Promise<Response> {
  const { upstream, fetch: send = fetch } = options;
  const base = upstream.replace(/\/+$/, '');
  const forward = async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const headers = endToEnd(request.headers);
    const body =
      request.method === 'GET' || request.method === 'HEAD' ? undefined : await request.arrayBuffer();
    try {
      return await send(`${base}${pathname}${search}`, {
        method: request.method,
        headers,
        signal: request.signal,
        ...(body !== undefined && { body }),
      });
    } catch {
      const error = {
        message: 'The model could not be reached.',
        type: 'server_error',
        param: null,
        code: null,
      };
      return Response.json({ error }, { status: 502 });
    }
  };
  return (request) => guardChat(request, forward, { everyRole: true, ...options });
}

/** Headers that speak of one connection and not of the next: RFC 9110, section 7.6.1. */
const HOP_BY_HOP = [
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** What may be sent on: without those, and without what the sender's own `Connection` names. */
function endToEnd(given: Headers): Headers {
  const headers = new Headers(given);
  const named = (given.get('connection') ?? '').split(',').map((name) => name.trim());
  for (const name of [...HOP_BY_HOP, ...named]) if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) headers.delete(name);
  return headers;
}

/** The largest request body, bytes. */
const BODY_LIMIT = 16 * 1024 * 1024;

/**
 * A fetch-style handler for node:http and Express: `createServer(nodeHandler(handler))`, `app.use(nodeHandler(…))`.
 * Best mounted before anything that reads the body; of what has been read, `body` is taken.
 */
export function nodeHandler(
  handler: (request: Request) => Promise<Response>,
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  return async (incoming, outgoing) => {
    const aborted = new AbortController();
    outgoing.on('close', () => aborted.abort());
    try {
      await write(await handler(await readRequest(incoming, aborted.signal)), outgoing);
    } catch (error) {
      if (outgoing.headersSent) outgoing.destroy();
      else
        fail(
          outgoing,
          error instanceof TooLarge ? 413 : 500,
          error instanceof TooLarge ? error.message : FAILED,
        );
    }
  };
}

const FAILED = 'The request could not be handled.';

class TooLarge extends Error {}

function fail(outgoing: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ error: { message, type: 'server_error', param: null, code: null } });
  outgoing.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body);
}

async function readRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const { method = 'GET', headers } = incoming;
  // Express cuts what it is mounted under from `url`.
  const path = (incoming as { originalUrl?: string }).originalUrl ?? incoming.url ?? '/';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new TooLarge(`The body is larger than ${BODY_LIMIT} bytes.`);
    chunks.push(chunk);
  }
  const given = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const each of [value ?? []].flat()) given.append(name, each);
  }
  // A reader that came before this one has left what it read.
  const read = (incoming as { body?: unknown }).body;
  if (size === 0 && read !== undefined) {
    chunks.push(Buffer.from(Buffer.isBuffer(read) || typeof read === 'string' ? read : JSON.stringify(read)));
  }
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(path, `http://${headers.host ?? 'localhost'}`), {
    method,
    headers: given,
    signal,
    ...(hasBody && { body: Buffer.concat(chunks) }),
  });
}

async function write(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers: Record<string, string | string[]> = {};
  response.headers.forEach((value, name) => {
    // fetch has unpacked the body already, and its length with it.
    if (name !== 'content-encoding' && name !== 'content-length' && name !== 'transfer-encoding')
      headers[name] = value;
  });
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  outgoing.writeHead(response.status, headers);
  outgoing.flushHeaders();
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>), outgoing);
}
