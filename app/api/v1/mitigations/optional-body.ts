import type { z } from 'zod';
import { AppError } from '#lib/errors';
import { parse } from '#lib/parse';
import { readLimited } from '#lib/route';

const LIMIT_BYTES = 16 * 1024;

/** The body of an act that needs none: nothing at all means `{}`, so that a bare `curl -X POST` is enough. */
export async function optionalBody<S extends z.ZodType>(request: Request, schema: S): Promise<z.infer<S>> {
  const text = new TextDecoder().decode(await readLimited(request.body, LIMIT_BYTES)).trim();
  if (text === '') return parse(schema, {});
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new AppError('invalid', 'The body is not valid JSON in UTF-8.');
  }
  return parse(schema, json);
}
