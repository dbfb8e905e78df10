import { z } from 'zod';
import { wholeNumber } from '#lib/parse';
import { momentSchema } from '#lib/storable';
import { SURFACES } from '#sdk/rule';

export const CATEGORIES = [
  'insecure_code',
  'exploit',
  'malware',
  'malicious_package',
  'prompt_injection',
  'jailbreak',
  'secret',
  'data_leak',
  'other',
] as const;
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
/** What became of a suggestion: `shown` says only that somebody saw it, `accepted` and `edited` that it shipped. */
export const OUTCOMES = ['shown', 'accepted', 'edited', 'rejected', 'reverted'] as const;
/** `expired`: its text was dropped before anybody decided. */
export const QUEUE_STATES = ['pending', 'decided', 'expired', 'blocked'] as const;

export type Category = (typeof CATEGORIES)[number];
export type Severity = (typeof SEVERITIES)[number];

/** Most rows in one call, and most bytes of its body after decompression. */
export const MAX_ROWS = 1_000;
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** UTF-16 units of one text; a prompt with a whole repository in it still fits. */
export const MAX_TEXT = 1_000_000;
const MAX_META_CHARS = 32_768;
const MAX_META_DEPTH = 8;

const name = z.string().min(1).max(200);
const text = z.string().max(MAX_TEXT);
const offset = z.number().int().min(0).max(MAX_TEXT);

/** What one detector says; also what adapters make of other tools' reports. */
export const findingSchema = z
  .strictObject({
    detector: z.string().min(1).max(500),
    rule: z.string().max(500).nullish(),
    category: z.enum(CATEGORIES),
    severity: z.enum(SEVERITIES),
    cwe: z
      .string()
      .regex(/^CWE-\d{1,6}$/, 'must look like CWE-89')
      .nullish(),
    message: z.string().max(4_000).nullish(),
    start: offset.nullish().meta({ description: 'UTF-16 offset into the completion (the prompt if empty)' }),
    end: offset.nullish(),
  })
  .refine(
    (finding) =>
      (finding.start ?? null) === null || (finding.end ?? finding.start ?? 0) >= (finding.start ?? 0),
    {
      path: ['end'],
      message: 'must not be before start',
    },
  );

/** Parts of an interaction that its texts do not hold, such as pictures: what, and how many. */
const notShownSchema = z
  .array(
    z.strictObject({
      what: z.string().regex(/^[a-z0-9][\w -]{0,59}$/i, 'must be a few plain words'),
      count: z.int().min(1).max(1_000_000),
    }),
  )
  .max(50)
  .meta({ description: 'Parts that the texts do not hold, such as pictures, by their names' });
export type NotShown = z.infer<typeof notShownSchema>;

/** One row of `POST /api/v1/interactions`; null means the same as absent for every optional field. */
export const interactionRowSchema = z.strictObject({
  id: z.string().min(1).max(300).meta({ description: "The caller's own id, unique per source" }),
  occurredAt: z.iso
    .datetime({ offset: true })
    .refine(isPlausibleTime, 'must be a real time between 1970 and 2100'),
  model: z.strictObject({ name, version: name }),
  surface: z.enum(SURFACES),
  language: z.string().min(1).max(60),
  path: z.string().max(1_000).nullish(),
  actor: z.strictObject({ id: name, tier: name.nullish(), tenant: name.nullish() }),
  prompt: text,
  before: text.nullish(),
  completion: text,
  outcome: z.enum(OUTCOMES).nullish(),
  sampling: z
    .strictObject({
      temperature: z.number().min(0).max(10).optional(),
      topP: z.number().min(0).max(1).optional(),
      candidates: z.number().int().min(1).max(1_000).optional(),
    })
    .nullish(),
  control: z.boolean().optional(),
  // A control sample is by definition without any.
  findings: z.array(findingSchema).max(100).default([]),
  notShown: notShownSchema.nullish(),
  meta: z
    .unknown()
    .check((context) => {
      const problem = metaProblem(context.value);
      if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value });
    })
    .optional()
    .meta({ type: 'object', description: 'Free, kept as it is', additionalProperties: true }),
});

export type InteractionRow = z.infer<typeof interactionRowSchema>;

/** Filters of the list; `state` is where the interaction stands in the queue. */
export const listInteractionsSchema = z.strictObject({
  query: z.string().max(1_000).optional().meta({
    description:
      'A query line, as on the page Investigate: words, "two words", re:/RE2/, package:, host:, call:, model: and more; - negates',
  }),
  state: z.enum(QUEUE_STATES).optional(),
  language: z.string().max(60).optional(),
  category: z.enum(CATEGORIES).optional(),
  severity: z.enum(SEVERITIES).optional(),
  source: z.string().max(200).optional(),
  /** What became of the suggestion, as far as is known now. */
  outcome: z.enum(OUTCOMES).optional(),
  /** By the time of arrival: from `since` on, before `until`. */
  since: momentSchema.optional(),
  until: momentSchema.optional(),
  /** By the time of the final decision, likewise. */
  decidedSince: momentSchema.optional(),
  decidedUntil: momentSchema.optional(),
  cursor: z.string().max(200).optional(),
  limit: wholeNumber(1, 200).default(50),
});

export type ListInteractions = z.infer<typeof listInteractionsSchema>;

function isPlausibleTime(value: string): boolean {
  const at = Date.parse(value);
  return at >= 0 && at < Date.UTC(2100, 0, 1);
}

function metaProblem(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return 'must be an object';
  // Depth first, so that JSON.stringify never meets a value nested deeply enough to overflow the stack.
  if (!isWithinDepth(value, MAX_META_DEPTH))
    return `must be at most ${MAX_META_DEPTH} levels deep, with finite numbers`;
  const length = JSON.stringify(value).length;
  return length <= MAX_META_CHARS
    ? null
    : `must be at most ${MAX_META_CHARS} characters as JSON, this has ${length}`;
}

function isWithinDepth(value: unknown, levels: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithinDepth(inner, levels - 1));
}
