import { z } from 'zod';
import type { Report } from './report.ts';

// A feed from before this SDK may refuse fields that it does not know. It gets the rest.

/** What such a feed says of a field; other refusals are of another kind. */
const UNKNOWN = 'is not a known field';
const refusalSchema = z.object({ error: z.object({ fields: z.record(z.string(), z.string()) }) });

/** Paths of the fields that a feed does not know, from its refusal; `*` stands for any place of a list. */
export function unknownFields(answer: unknown): string[] {
  const read = refusalSchema.safeParse(answer);
  if (!read.success) return [];
  const unknown = Object.entries(read.data.error.fields).filter(([, problem]) => problem === UNKNOWN);
  return [...new Set(unknown.map(([path]) => path.replaceAll(/(^|\.)\d+(?=\.|$)/g, '$1*')))];
}

/**
 * The report without what is not known: a field of its own goes whole, and of a list the entries that have the field,
 * for without it they would say something else.
 */
export function without(report: Report, paths: Iterable<string>): Partial<Report> {
  const known: Record<string, unknown> = { ...report };
  for (const path of paths) {
    const [first = '', place, inner] = path.split('.');
    const value = known[first];
    if (place === '*' && inner !== undefined && Array.isArray(value)) {
      known[first] = value.filter((entry: object) => !Object.hasOwn(entry, inner));
    } else delete known[first];
  }
  return known as Partial<Report>;
}
