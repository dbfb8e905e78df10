import { z } from 'zod';
import { AppError } from './errors.ts';
import { refuseUnstorable } from './storable.ts';

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What is wrong with a field, where the schema has no words of its own for it. */
function problemOf(issue: z.core.$ZodIssue): string {
  const { message } = issue;
  if (!/^(Invalid|Too (small|big))/.test(message)) return message;
  if (issue.code === 'invalid_type') {
    if (message.endsWith('received undefined')) return 'is missing';
    return `must be ${KINDS[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
  if (issue.code === 'invalid_format' && issue.format === 'datetime')
    return 'must be a time with its zone, such as 2026-11-01T12:00:00Z';
  if (issue.code === 'too_small') return `must ${boundOf(issue.origin, 'least', issue.minimum)}`;
  if (issue.code === 'too_big') return `must ${boundOf(issue.origin, 'most', issue.maximum)}`;
  return message;
}

function boundOf(origin: string, at: 'least' | 'most', bound: number | bigint): string {
  const things = origin === 'string' ? 'characters' : origin === 'array' ? 'entries' : null;
  return things ? `have at ${at} ${bound} ${things}` : `be at ${at} ${bound}`;
}

/** Field path → first problem, in words. */
export function fieldErrors(error: z.ZodError): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const path = issue.path.map(String).join('.') || '(body)';
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
    if (keys.length > 0)
      for (const key of keys) fields[path === '(body)' ? key : `${path}.${key}`] ??= 'is not a known field';
    else fields[path] ??= problemOf(issue);
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
