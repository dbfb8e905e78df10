import { z } from 'zod';
import { wholeNumber } from '#lib/parse';
import { batchFilterSchema } from '#lib/reviews/schema';

/** What one word is to decide: a cluster's members, or what a filter finds. */
const previewBatchSchema = z.union([
  z.strictObject({ clusterId: z.uuid() }),
  z.strictObject({ filter: batchFilterSchema }),
]);
export type PreviewBatch = z.infer<typeof previewBatchSchema>;

/** Variants that a page lists at first, and that each further look adds. */
export const VARIANTS_STEP = 20;
/** What still fits on one page. */
export const MAX_VARIANTS = 200;
/** How many variants a page lists, by its address. */
export const variantsSchema = wholeNumber(1, MAX_VARIANTS).default(VARIANTS_STEP);

/** The figures by which a preview breaks down what would be decided. */
export const BREAKDOWNS = ['severity', 'category', 'language', 'model', 'tenant', 'detector'] as const;
export type Breakdown = (typeof BREAKDOWNS)[number];

/** How many items, and the words that follow the number: "3 held by somebody else". */
export type Reason = { reason: string; count: number };
