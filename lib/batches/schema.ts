import { z } from 'zod';
import { batchFilterSchema } from '#lib/reviews/schema';

/** What one word is to decide: a cluster's members, or what a filter finds. */
const previewBatchSchema = z.union([
  z.strictObject({ clusterId: z.uuid() }),
  z.strictObject({ filter: batchFilterSchema }),
]);
export type PreviewBatch = z.infer<typeof previewBatchSchema>;

/** The figures by which a preview breaks down what would be decided. */
export const BREAKDOWNS = ['severity', 'category', 'language', 'model', 'tenant', 'detector'] as const;
export type Breakdown = (typeof BREAKDOWNS)[number];

/** How many items, and the words that follow the number: "3 held by somebody else". */
export type Reason = { reason: string; count: number };
