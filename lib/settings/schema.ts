import { z } from 'zod';
import { VERDICTS } from '#lib/reviews/schema';

const share = z.number().min(0).max(1);
const days = z.number().int().min(1).max(3_650).nullable();

/** How review works here. Every field has a default, so an empty object is a whole answer. */
export const reviewSettingsSchema = z.strictObject({
  /** How long a claim holds without a sign of life. */
  leaseSeconds: z.number().int().min(10).max(86_400).default(300),
  /** The longest hold one may ask for. */
  holdMaxMinutes: z.number().int().min(1).max(10_080).default(480),
  /** How long a handed-over item waits for its person before anybody may take it. */
  handoverMinutes: z.number().int().min(1).max(10_080).default(240),
  /** How long a decision may be taken back by the one who made it. */
  undoSeconds: z.number().int().min(0).max(600).default(30),
  /** How long a decision on many at once may be reversed as one. */
  batchReverseHours: z.number().int().min(1).max(168).default(24),
  /** So many people skip an item and it is raised to a lead. */
  skipsToLead: z.number().int().min(1).max(20).default(2),
  /** Share of items that a second person decides blind; queues may set their own. Off until there are several. */
  secondShare: share.default(0),
  /** The same for critical and high items, where it is larger than the queue's. */
  secondShareSevere: share.default(0),
  /** Share of served items that are golden, where there are golden items; 0 turns it off. */
  goldenShare: share.default(0.02),
  /** Whether leads see who answered which golden item how; off, they see counts and each person their own. */
  goldenNamesForLeads: z.boolean().default(false),
  /** Consecutive items after which a pause is proposed, and how long a gap counts as one. */
  breakAfter: z.number().int().min(5).max(1_000).default(60),
  breakMinutes: z.number().int().min(1).max(60).default(5),
  /** Verdicts that must cite a policy, and verdicts that must carry a note. */
  policyRequiredFor: z.array(z.enum(VERDICTS)).default(['harmful']),
  noteRequiredFor: z.array(z.enum(VERDICTS)).default([]),
  /** How like a cluster a text must be to join it: `likeness` in lib/clusters/minhash.ts. */
  clusterThreshold: z.number().min(0.3).max(1).default(0.6),
  /** Days after which raw text is dropped; null keeps it. Harmful interactions keep their text. */
  keepUndecidedDays: days.default(90),
  keepBenignDays: days.default(30),
  keepControlDays: days.default(14),
});

export type ReviewSettings = z.infer<typeof reviewSettingsSchema>;

export const DEFAULT_REVIEW_SETTINGS: ReviewSettings = reviewSettingsSchema.parse({});

type Shape = typeof reviewSettingsSchema.shape;
type Bare = { [Field in keyof Shape]: z.ZodOptional<ReturnType<Shape[Field]['removeDefault']>> };

/**
 * What a form sends: only the fields it changes. The defaults are taken off: with them, changing one field would put
 * every other back to its default.
 */
export const changeReviewSettingsSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(reviewSettingsSchema.shape).map(([name, field]) => [
      name,
      field.removeDefault().optional(),
    ]),
  ) as Bare,
);
export type ChangeReviewSettings = z.infer<typeof changeReviewSettingsSchema>;
