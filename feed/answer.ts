import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, ERROR_STATUS } from '#lib/errors';
import { errorFields, log } from '#lib/log';
import { findNestingFault } from '#lib/nesting';

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  // As text, which Node sends together with the head; bytes it would hand to the system as a second piece.
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers })
    .end(text);
}

/** Any error in the public shape; what is unexpected is logged and answered as `unavailable`. */
export function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof AppError) {
    const { code, message, fields, retryAfterSeconds } = error;
    answerJson(
      response,
      ERROR_STATUS[code],
      { error: { code, message, ...(fields && { fields }) } },
      {
        ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
        // What is left of an over-long body is not worth reading.
        ...(code === 'too_large' && { connection: 'close' }),
      },
    );
    return;
  }
  log('error', 'feed: unexpected error', errorFields(error));
  const message = 'The feed could not answer right now. Nothing was acknowledged; send the request again.';
  answerJson(response, 503, { error: { code: 'unavailable', message } }, { 'retry-after': '1' });
}

/** The body as JSON. Throws `too_large` past `limit` bytes, `invalid` when it is not JSON in UTF-8. */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  return jsonOf(await readBytes(request, limit));
}

// Keeps nothing between two calls: each hands it a whole text.
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Throws `invalid` when the bytes are not JSON in UTF-8, or are nested so that parsing them would stall the process. */
export function jsonOf(bytes: Buffer): unknown {
  const fault = findNestingFault(bytes);
  if (fault) throw new AppError('invalid', `The body is ${fault}.`);
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw new AppError('invalid', 'The body is not valid JSON in UTF-8.');
  }
}

/** The body as it was sent. Throws `too_large` past `limit` bytes, `invalid` when it ended early. */
export async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () => new AppError('too_large', `The body is larger than ${limit} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Events and not `for await`: leaving a loop would destroy the socket before the answer is written.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) reject(tooLarge());
      else chunks.push(chunk);
    });
    request.on('end', resolve);
    request.on('error', reject);
    request.on('close', () => {
      // It comes after every request; an error costs more to make than all else that is done with a small one.
      if (!request.readableEnded) reject(new AppError('invalid', 'The body ended early.'));
    });
  });
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks);
}
