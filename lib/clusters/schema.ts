import { z } from 'zod';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';
import { wholeNumber } from '#lib/parse';
import { MAX_BATCH, shownSchema, VERDICTS } from '#lib/reviews/schema';

export const CLUSTER_SORTS = ['size', 'growth', 'newest'] as const;
export type ClusterSort = (typeof CLUSTER_SORTS)[number];

/** The longest that a lead's standing decision may close arrivals. */
export const AUTOMATE_MAX_DAYS = 7;

export const listClustersSchema = z.strictObject({
  category: z.enum(CATEGORIES).optional(),
  /** Of the representative. */
  severity: z.enum(SEVERITIES).optional(),
  language: z.string().min(1).max(60).optional(),
  /** `open`: at least one member waits for a decision. */
  state: z.enum(['open', 'decided', 'all']).default('all'),
  sort: z.enum(CLUSTER_SORTS).default('size'),
  /** Clusters of fewer members are left out. */
  min: wholeNumber(1, 1_000_000).default(2),
  cursor: z.string().max(200).optional(),
  limit: wholeNumber(1, 200).default(50),
});
export type ListClusters = z.input<typeof listClustersSchema>;

export const listMembersSchema = z.strictObject({
  state: z.enum(['pending', 'decided', 'all']).default('all'),
  cursor: z.string().max(200).optional(),
  limit: wholeNumber(1, 200).default(50),
});
export type ListMembers = z.input<typeof listMembersSchema>;

const words = z
  .string()
  .trim()
  .max(4_000)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'has a character that cannot be stored');

export const splitClusterSchema = z.strictObject({
  clusterId: z.uuid(),
  interactionIds: z.array(z.uuid()).min(1).max(MAX_BATCH),
  reason: words.nullish(),
});
export type SplitCluster = z.input<typeof splitClusterSchema>;

export const automateClusterSchema = z.strictObject({
  clusterId: z.uuid(),
  shown: shownSchema,
  verdict: z.enum(VERDICTS),
  policyId: z.uuid().nullish(),
  note: words.nullish(),
  /** At most seven days ahead. */
  until: z.coerce.date(),
});
export type AutomateCluster = z.output<typeof automateClusterSchema>;

/** Takes more variants into a standing decision, after a look at them. */
export const coverVariantsSchema = z.strictObject({ clusterId: z.uuid(), shown: shownSchema });
export type CoverVariants = z.infer<typeof coverVariantsSchema>;

export const stopAutomationSchema = z.strictObject({ clusterId: z.uuid() });
export type StopAutomation = z.infer<typeof stopAutomationSchema>;

export function clusterRef(number: number): string {
  return `C-${number}`;
}

/** How a cluster may be named: its id, or C-88 in either case; null for anything else. */
export function clusterKey(ref: string): { id: string } | { number: number } | null {
  if (z.uuid().safeParse(ref).success) return { id: ref };
  const number = /^c-(\d{1,9})$/i.exec(ref)?.[1];
  return number === undefined ? null : { number: Number(number) };
}
