import type { z } from 'zod';
import { AppError } from './errors.ts';

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
