import { refresh } from 'next/cache';
import { unstable_rethrow } from 'next/navigation';
import type { z } from 'zod';
import type { Actor } from './actor.ts';
import { requireActor } from './auth.ts';
import { AppError, type ErrorCode } from './errors.ts';
import { once } from './idempotency/once.ts';
import { errorFields, log } from './log.ts';
import { parse } from './parse.ts';

export type ActionResult<T> =
  | { ok: true; data: T }
  | { ok: false; code: ErrorCode | 'unexpected'; message: string; fields?: Record<string, string> };

/**
 * A server action over one verb, by a name of its own (a function's name does not outlive a build): who acts, strict parse, verb, refreshed page. A form may send an `idempotencyKey` beside
 * its fields, so that pressing again after a lost answer makes nothing twice.
 */
export async function action<S extends z.ZodType, T>(
  name: string,
  schema: S,
  input: unknown,
  verb: (actor: Actor, input: z.infer<S>) => Promise<T>,
  options: { refresh?: boolean } = {},
): Promise<ActionResult<T>> {
  const { key, fields } = splitKey(input);
  const result = await answer(name, async () => {
    const actor = await requireActor();
    const parsed = parse(schema, fields);
    const asked = { operation: name, input: parsed ?? null };
    return once(actor, key, asked, () => verb(actor, parsed));
  });
  if (result.ok && options.refresh !== false) refresh();
  return result;
}

function splitKey(input: unknown): { key: string | null; fields: unknown } {
  if (typeof input !== 'object' || input === null || !('idempotencyKey' in input)) {
    return { key: null, fields: input };
  }
  const { idempotencyKey, ...fields } = input;
  return { key: typeof idempotencyKey === 'string' ? idempotencyKey : null, fields };
}

/** The same for the few verbs that need nobody signed in, because a token in the input is the proof. */
export async function publicAction<S extends z.ZodType, T>(
  name: string,
  schema: S,
  input: unknown,
  verb: (input: z.infer<S>) => Promise<T>,
): Promise<ActionResult<T>> {
  return answer(name, () => verb(parse(schema, input)));
}

/** Refusals are answered as data; a bug is logged and answered without its inside. */
async function answer<T>(name: string, run: () => Promise<T>): Promise<ActionResult<T>> {
  try {
    return { ok: true, data: await run() };
  } catch (error) {
    // A redirect to sign-in travels as an error of Next.js's own.
    unstable_rethrow(error);
    if (error instanceof AppError) {
      return {
        ok: false,
        code: error.code,
        message: error.message,
        ...(error.fields && { fields: error.fields }),
      };
    }
    log('error', 'action failed', { action: name, ...errorFields(error) });
    return {
      ok: false,
      code: 'unexpected',
      message:
        'Something went wrong on the server; nothing was changed. Try again, and look at the log of web if it stays.',
    };
  }
}
