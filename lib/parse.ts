import { z } from 'zod';
import { AppError } from './errors.ts';
import { refuseUnstorable } from './storable.ts';

/** Field path → first problem, in the words of the schema. */
export function fieldErrors(error: z.ZodError): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const path = issue.path.map(String).join('.') || '(body)';
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
    if (keys.length > 0)
      for (const key of keys) fields[path === '(body)' ? key : `${path}.${key}`] ??= 'is not a known field';
    else fields[path] ??= issue.message;
  }
  return fields;
}

/** Parses at the edge; throws `invalid` naming each field. */
export function parse<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const fields = fieldErrors(result.error);
  const first = Object.entries(fields)[0];
  throw new AppError('invalid', first ? `${first[0]}: ${first[1]}` : 'The input is not valid.', { fields });
}

/**
 * A whole number of a query, or as code gives it: digits only, and none before them. What `Number` would also read, such
 * as 0x10, 1e2 or nothing at all, is a mistake of whoever sends it.
 */
export function wholeNumber(least: number, most: number, problem?: string) {
  const read = (value: unknown) =>
    typeof value === 'string' && /^(0|-?[1-9]\d{0,15})$/.test(value) ? Number(value) : value;
  return z.preprocess(read, z.int(problem).min(least, problem).max(most, problem));
}

/** What a call without parameters takes: nothing, so that a misspelt or misplaced one is not passed over. */
export const NO_QUERY = z.strictObject({});

/** Parses what follows the `?` of a request; throws `invalid` naming each field, also one that is given twice. */
export function parseQuery<T extends z.ZodType>(schema: T, query: URLSearchParams): z.infer<T> {
  for (const [key, value] of query) {
    // No parameter can name what Postgres cannot hold: that is the caller's fault, not a moment's.
    refuseUnstorable(key, 'query');
    refuseUnstorable(value, key);
    if (query.getAll(key).length === 1) continue;
    throw new AppError('invalid', `${key}: is given more than once`, {
      fields: { [key]: 'is given more than once' },
    });
  }
  return parse(schema, Object.fromEntries(query));
}
