import { z } from 'zod';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';
import { wholeNumber } from '#lib/parse';

/** A key pressed while the last second is still shown takes its way: so much longer a decision can be taken back. */
export const UNDO_GRACE_SECONDS = 2;

/** So long one may reopen what one decided alone; leads may at any time. */
export const REOPEN_OWN_HOURS = 24;

export const VERDICTS = ['harmful', 'benign', 'unsure'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Whose turn an item is: any reviewer's, a lead's because it was skipped too often, or a lead's who settles a disagreement. */
export const STAGES = ['review', 'lead', 'adjudication'] as const;
export type Stage = (typeof STAGES)[number];

export const SKIP_REASONS = [
  'not_my_field',
  'needs_context',
  'language',
  'distressing',
  'broken',
  'other',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Most variants that one screen lists and one decision names. */
export const MAX_SHOWN = 500;

/**
 * The items that were on the screen that decides, one of each variant: a decision reaches them and those that are the
 * same to the eye, nothing else.
 */
export const shownSchema = z
  .array(z.uuid(), {
    error: 'name the items that were on the screen: a count alone decides nothing',
  })
  .min(1, 'name at least one item that was on the screen: a count alone decides nothing')
  .max(MAX_SHOWN);

/** Most interactions that one batch decides; a larger cluster or filter takes several. */
export const MAX_BATCH = 5_000;

const words = z
  .string()
  .trim()
  .max(4_000)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'has a character that cannot be stored');
const reason = words.min(3, 'say why in a few words');
/** Milliseconds from the item being painted to the decision. */
const timeSpentMs = z.number().int().min(0).max(86_400_000);

const filters = {
  /** A queue's key. */
  queue: z.string().min(1).max(40).optional(),
  severity: z.enum(SEVERITIES).optional(),
  category: z.enum(CATEGORIES).optional(),
  language: z.string().min(1).max(60).optional(),
  /** C-<number> of a cluster. */
  cluster: z
    .string()
    .regex(/^C-\d{1,9}$/, 'must look like C-88')
    .optional(),
  detector: z.string().min(1).max(500).optional(),
};

/** Part of the text, of what a detector said, of its name or of an id, or a cluster: C-88. */
const q = z.string().trim().min(2, 'needs two characters').max(200).optional();

const queueFiltersSchema = z.strictObject({ ...filters, q, stage: z.enum(STAGES).optional() });
export type QueueFilters = z.infer<typeof queueFiltersSchema>;

/** The queue's list: `holder=mine` shows what the reader holds or was handed. */
export const listQueueSchema = z.strictObject({
  ...filters,
  q,
  stage: z.enum(STAGES).optional(),
  holder: z.enum(['all', 'mine']).default('all'),
  /** What is of one cluster is one row, unless none is wanted; `open` names those whose others are listed too. */
  group: z.enum(['none']).optional(),
  open: z
    .string()
    .max(200)
    .regex(/^C-\d{1,9}(,C-\d{1,9})*$/, 'must look like C-4,C-9')
    .optional(),
  cursor: z.string().max(200).optional(),
  limit: wholeNumber(1, 200).default(50),
});
export type ListQueue = z.infer<typeof listQueueSchema>;

export const claimNextSchema = z.strictObject({
  filters: queueFiltersSchema.default({}),
  /** Goes on although a pause was proposed; recorded. */
  pastBreak: z.boolean().default(false),
  /** It is for later, while another is read: until it is shown, it yields to whoever has nothing. */
  ahead: z.boolean().optional(),
  /** What the person's tabs have open. Given, what they hold besides comes back to them first. */
  open: z.array(z.uuid()).max(500).optional(),
});
export type ClaimNext = z.infer<typeof claimNextSchema>;

export const claimInteractionSchema = z.strictObject({ interactionId: z.uuid() });
export type ClaimInteraction = z.infer<typeof claimInteractionSchema>;

const lease = { interactionId: z.uuid(), token: z.uuid() };

/** A claim is named by its interaction and the token that was handed out with it: one token per tab. */
export const leaseSchema = z.strictObject(lease);
export type Lease = z.infer<typeof leaseSchema>;

/** Extends a claim; `shown`: it is on the screen now. */
export const staySchema = z.strictObject({ ...lease, shown: z.boolean().optional() });
export type Stay = z.infer<typeof staySchema>;

/** Keeps an item beyond a lease, for a stated time and reason. */
export const holdSchema = z.strictObject({ ...lease, minutes: z.number().int().min(1).max(10_080), reason });
export type Hold = z.infer<typeof holdSchema>;

export const handOverSchema = z.strictObject({ ...lease, toUserId: z.uuid(), note: reason });
export type HandOver = z.infer<typeof handOverSchema>;

/** Items that were selected in the list, at most a screen of them. */
const interactionIds = z.array(z.uuid()).min(1).max(200);
export const holdAllSchema = z.strictObject({
  interactionIds,
  ...holdSchema.pick({ minutes: true, reason: true }).shape,
});
export type HoldAll = z.infer<typeof holdAllSchema>;

export const handOverAllSchema = z.strictObject({
  interactionIds,
  ...handOverSchema.pick({ toUserId: true, note: true }).shape,
});
export type HandOverAll = z.infer<typeof handOverAllSchema>;

export const skipSchema = z
  .strictObject({ ...lease, reason: z.enum(SKIP_REASONS), note: words.nullish() })
  .refine((skip) => skip.reason !== 'other' || skip.note, {
    path: ['note'],
    message: 'is needed: say what it is',
  });
export type Skip = z.infer<typeof skipSchema>;

/** Which verdicts need a policy or a note is a setting, so the verb checks it, not this schema. */
export const decideSchema = z.strictObject({
  ...lease,
  verdict: z.enum(VERDICTS),
  policyId: z.uuid().nullish(),
  note: words.nullish(),
  timeSpentMs,
});
export type Decide = z.infer<typeof decideSchema>;

/** Puts a decided item back into the queue. `seen`: the reviews that were on the screen; others by now are a conflict. */
export const reopenSchema = z.strictObject({
  interactionId: z.uuid(),
  seen: z.array(z.uuid()).min(1).max(20),
  reason,
});
export type Reopen = z.infer<typeof reopenSchema>;

/**
 * Takes one's own act on an item back, by the Idempotency-Key that it is sent under, whether or not it has arrived.
 * `token` is the claim that it was done with. `waitedMs`: for how long this itself could not be sent.
 */
export const takeBackSchema = z.strictObject({
  ...lease,
  actId: z.uuid(),
  waitedMs: z.number().int().min(0).max(86_400_000).default(0),
});
export type TakeBack = z.infer<typeof takeBackSchema>;

const verdict = { verdict: z.enum(VERDICTS), policyId: z.uuid().nullish(), note: words.nullish() };

/**
 * `expected` is the count that the preview showed for what it listed; another count by now is a conflict, not a
 * surprise.
 */
export const decideClusterSchema = z.strictObject({
  clusterId: z.uuid(),
  ...verdict,
  shown: shownSchema,
  expected: z.number().int().min(1).max(MAX_BATCH),
  timeSpentMs,
});
export type DecideCluster = z.infer<typeof decideClusterSchema>;

/** Most items that a selection decides at once; their ids stand in an address. */
export const MAX_SELECTED = 200;

const UUIDS = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(,[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12})*$/i;

export const batchFilterSchema = z
  .strictObject({
    ...filters,
    /** Ids of items that were selected, between commas. */
    items: z
      .string()
      .max(MAX_SELECTED * 37)
      .regex(UUIDS, 'must be ids between commas')
      .optional(),
  })
  .refine((given) => Object.values(given).some(Boolean), {
    message: 'name at least one filter: a whole queue is never decided at once',
  });
export type BatchFilter = z.infer<typeof batchFilterSchema>;

export const decideFilterSchema = z.strictObject({
  filter: batchFilterSchema,
  ...verdict,
  shown: shownSchema,
  expected: z.number().int().min(1).max(MAX_BATCH),
  timeSpentMs,
});
export type DecideFilter = z.infer<typeof decideFilterSchema>;

export const reverseBatchSchema = z.strictObject({ batchId: z.uuid() });
export type ReverseBatch = z.infer<typeof reverseBatchSchema>;
