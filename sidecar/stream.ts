import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { AppError } from '#lib/errors';
import type { Context } from '#sdk/integrations/exchange';
import { GuardedText } from '#sdk/integrations/guarded-text';
import type { Contract, Desk } from './contract.ts';
import { contextSchema, parsed, refuseJson } from './decide.ts';

/** The longest line, UTF-16 code units, and how long a stream may be silent. */
const LINE_LIMIT = 1024 * 1024;
const IDLE_MS = 120_000;

const pieceSchema = z.union([z.strictObject({ text: z.string() }), z.strictObject({ end: z.literal(true) })]);

/**
 * `POST /v1/stream`: lines of JSON in, lines of JSON out, in one exchange. In: first the context, then `{"text"}` as
 * the model writes, last `{"end":true}`. Out: `{"text"}` that may be shown, as soon as it may, last `{"decision"}`.
 */
export function streamContract(desk: Desk): Contract {
  return {
    name: 'stream',
    refuse: refuseJson,
    routes: { 'POST /v1/stream': (request, response) => answer(desk, request, response) },
  };
}

async function answer(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.setTimeout(IDLE_MS, () => request.destroy());
  const lines = linesOf(request);
  const first = await lines.next();
  const context: Context = parsed(contextSchema, first.done ? undefined : parseLine(first.value));
  const degraded = desk.evaluator.degraded();
  desk.note(response, degraded);
  const refused = desk.evaluator.refusal();
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  response.flushHeaders();
  const send = (value: object) => response.write(`${JSON.stringify(value)}\n`);
  if (refused) {
    finish(desk, response, refused);
    return;
  }
  const guarded = new GuardedText(desk.guard, context, (text) => send({ text }));
  try {
    for await (const line of lines) {
      const piece = parsed(pieceSchema, parseLine(line));
      const stopped = 'text' in piece ? await guarded.write(piece.text) : undefined;
      // A caller that reads too slowly is not read from either.
      if (response.writableNeedDrain) await drained(response);
      if (response.destroyed) return await abandon(guarded);
      if (stopped || 'end' in piece) break;
    }
    finish(desk, response, await guarded.end());
  } catch (error) {
    await abandon(guarded);
    if (!(error instanceof AppError)) throw error;
    send({ error: { code: error.code, message: error.message } });
    response.end();
  }
}

/** Resolves when more may be written, or when nobody is there any more. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** Lets the guard count what was released; nobody reads the rest. */
async function abandon(guarded: GuardedText): Promise<void> {
  await guarded.end().catch(() => undefined);
}

function finish(desk: Desk, response: ServerResponse, decision: { verdict: string }): void {
  desk.count({ contract: 'stream', phase: 'response', outcome: decision.verdict, streamed: true });
  response.end(`${JSON.stringify({ decision })}\n`);
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new AppError('invalid', 'A line is not valid JSON.');
  }
}

/** The lines of a body as they arrive; empty ones are left out. */
async function* linesOf(request: IncomingMessage): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    rest += decode(decoder, chunk);
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield part;
    if (rest.length > LINE_LIMIT)
      throw new AppError('too_large', `A line is longer than ${LINE_LIMIT} characters.`);
  }
  if (rest.trim() !== '') yield rest;
  return undefined;
}

function decode(decoder: TextDecoder, chunk: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: true });
  } catch {
    throw new AppError('invalid', 'The body is not UTF-8.');
  }
}
