import { z } from 'zod';
import { QUERY_MAX, readQuery, type Term } from './query.ts';

/** A query line as its terms; the first thing that is wrong with it is the message. */
export const queryLineSchema = z.string().transform((line, context): Term[] => {
  const { terms, problems } = readQuery(line);
  for (const { message } of problems) context.addIssue(message);
  return problems.length > 0 ? z.NEVER : terms;
});

/** What counts may be split by. */
export const FIELDS = [
  'severity',
  'category',
  'model',
  'version',
  'language',
  'surface',
  'tenant',
  'tier',
  'source',
  'outcome',
  'state',
  'verdict',
  'detector',
] as const;
export type Field = (typeof FIELDS)[number];

/** The page's address: the line, what the chart is split by (one or two), where the list goes on. */
export const investigateSchema = z.strictObject({
  q: z.string().max(QUERY_MAX).default(''),
  by: z
    .string()
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(z.enum(FIELDS)).min(1).max(2))
    .default(['severity']),
  cursor: z.string().max(200).optional(),
});
export type Investigate = z.infer<typeof investigateSchema>;
