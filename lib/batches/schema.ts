import { z } from 'zod';
import { wholeNumber } from '#lib/parse';
import { batchFilterSchema, decideClusterSchema } from '#lib/reviews/schema';

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

const choice = { clusterId: z.uuid().optional(), filter: batchFilterSchema.optional() };
const isOne = ({ clusterId, filter }: { clusterId?: unknown; filter?: unknown }) =>
  (clusterId === undefined) !== (filter === undefined);
const ONE = { error: 'give clusterId or filter, and not both' };

/** The same as a body, with how many variants to list. */
export const previewBodySchema = z.strictObject({ ...choice, variants: variantsSchema }).refine(isOne, ONE);

/** One word for a cluster or for what a filter finds. */
export const decideBatchSchema = z
  .strictObject({ ...choice, ...decideClusterSchema.omit({ clusterId: true }).shape })
  .refine(isOne, ONE);

/** The figures by which a preview breaks down what would be decided. */
export const BREAKDOWNS = ['severity', 'category', 'language', 'model', 'tenant', 'detector'] as const;
export type Breakdown = (typeof BREAKDOWNS)[number];

/** How many items, and the words that follow the number: "3 held by somebody else". */
export type Reason = { reason: string; count: number };
