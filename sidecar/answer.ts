import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '#lib/errors';
import { nestsDeeper } from '#sdk/nesting';

/** The largest body that any contract takes, bytes: pictures travel in it. And how deep its JSON may nest. */
export const BODY_LIMIT = 32 * 1024 * 1024;
const DEPTH_LIMIT = 256;
const BODY_MS = 15_000;

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers })
    .end(bytes);
}

/** The body as JSON. Throws `too_large` past the limits, `invalid` when it is not JSON in UTF-8 or never ends. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request);
  if (nestsDeeper(text, DEPTH_LIMIT)) {
    throw new AppError('too_large', `The body nests deeper than ${DEPTH_LIMIT} levels.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('invalid', 'The body is not valid JSON.');
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const tooLarge = () => new AppError('too_large', `The body is larger than ${BODY_LIMIT} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  // Events and not `for await`: leaving a loop would destroy the socket before the answer is written.
  await new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => reject(new AppError('invalid', 'The body came too slowly.')), BODY_MS);
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_LIMIT) reject(tooLarge());
      else chunks.push(chunk);
    });
    request.on('end', resolve);
    request.on('error', reject);
    request.on('close', () => reject(new AppError('invalid', 'The body ended early.')));
  }).finally(() => clearTimeout(timer));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new AppError('invalid', 'The body is not UTF-8.');
  }
}
