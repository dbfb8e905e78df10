import { z } from 'zod';
import { CATEGORIES } from '#lib/interactions/schema';
import { VERDICTS } from '#lib/reviews/schema';

export const QUALITY_DAYS = ['7', '30', '90', '365'] as const;

/** The days up to now, by the time of an item's latest review; the other two narrow by the item. */
export const qualityFiltersSchema = z.object({
  days: z.enum(QUALITY_DAYS).catch('30'),
  queue: z.string().min(1).max(40).optional().catch(undefined),
  category: z.enum(CATEGORIES).optional().catch(undefined),
});
export type QualityFilters = z.infer<typeof qualityFiltersSchema>;

/** A verdict and the key of the clause it cites, as in `harmful.injection`; without a clause `benign`. */
const said = z
  .string()
  .max(200)
  .refine((word) => (VERDICTS as readonly string[]).includes(word.split('.', 1)[0] ?? ''));

/** What two people said of the same item, and which way round does not matter. */
export const clashSchema = qualityFiltersSchema.extend({ one: said, other: said });
export type ClashFilters = z.infer<typeof clashSchema>;

/** Search and page of one's own decisions; what an address gets wrong is left out. */
export const ownDecisionsSchema = z.object({
  q: z.string().trim().max(200).catch(''),
  cursor: z.string().max(200).optional().catch(undefined),
});
export type OwnDecisions = z.infer<typeof ownDecisionsSchema>;
