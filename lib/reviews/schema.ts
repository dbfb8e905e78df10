import { z } from 'zod';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';

export const VERDICTS = ['harmful', 'benign', 'unsure'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** How many skipped items a reviewer's session remembers. */
export const MAX_SKIPPED = 200;

const filters = {
  severity: z.enum(SEVERITIES).optional(),
  category: z.enum(CATEGORIES).optional(),
  language: z.string().min(1).max(60).optional(),
};

export const queueFiltersSchema = z.strictObject(filters);
export type QueueFilters = z.infer<typeof queueFiltersSchema>;

/** The queue's list: `holder=mine` shows what the reader holds. */
export const listQueueSchema = z.strictObject({
  ...filters,
  holder: z.enum(['all', 'mine']).default('all'),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type ListQueue = z.infer<typeof listQueueSchema>;

export const claimNextSchema = z.strictObject({
  filters: queueFiltersSchema.default({}),
  /** Not to be served again now: what this person skipped. */
  skip: z.array(z.uuid()).max(MAX_SKIPPED).default([]),
});
export type ClaimNext = z.infer<typeof claimNextSchema>;

export const claimInteractionSchema = z.strictObject({ interactionId: z.uuid() });
export type ClaimInteraction = z.infer<typeof claimInteractionSchema>;

/** A claim is named by its interaction and the token that was handed out with it. */
export const leaseSchema = z.strictObject({ interactionId: z.uuid(), token: z.uuid() });
export type Lease = z.infer<typeof leaseSchema>;

export const decideSchema = z
  .strictObject({
    interactionId: z.uuid(),
    token: z.uuid(),
    verdict: z.enum(VERDICTS),
    policyId: z.uuid().nullish(),
    note: z
      .string()
      .max(4_000)
      .refine((text) => !text.includes('\0') && text.isWellFormed(), 'has a character that cannot be stored')
      .nullish(),
    /** Milliseconds from the item being shown to the decision. */
    timeSpentMs: z.number().int().min(0).max(86_400_000),
  })
  .refine((decision) => decision.verdict !== 'harmful' || decision.policyId, {
    path: ['policyId'],
    message: 'is needed: a harmful verdict cites the policy it rests on',
  });
export type Decide = z.infer<typeof decideSchema>;

/** Decide or give back what one holds, and claim the next in one round trip. */
export const decideThenNextSchema = z.strictObject({ decision: decideSchema, next: claimNextSchema });
export type DecideThenNext = z.infer<typeof decideThenNextSchema>;
export const skipThenNextSchema = z.strictObject({ lease: leaseSchema.nullable(), next: claimNextSchema });
export type SkipThenNext = z.infer<typeof skipThenNextSchema>;
