import { z } from 'zod';

/**
 * The wire format of an emergency rule and of the snapshot that carries all live rules.
 * The application validates with these schemas before it publishes, and every instance validates
 * with the same ones before it loads: what cannot be parsed here never runs anywhere.
 */

export const SURFACES = ['inline', 'chat', 'agent', 'review', 'cli', 'other'] as const;
export const TARGETS = ['prompt', 'completion', 'both'] as const;
export const ACTIONS = ['block', 'redact', 'flag'] as const;
export const MODES = ['shadow', 'enforce'] as const;

/** Limits that publish and load both enforce; sizes in UTF-16 code units unless named otherwise. */
export const LIMITS = {
  patternLength: 2_000,
  /** RE2 program instructions: counted repeats can make a short pattern dear. */
  programSize: 5_000,
  packages: 100_000,
  vectors: 40,
  vectorLength: 16_384,
  rules: 5_000,
  snapshotBytes: 8 * 1024 * 1024,
} as const;

const words = z.array(z.string().min(1).max(200)).max(200);

/** Every present list must contain the request's value; an absent or empty list does not narrow. */
export const ruleScopeSchema = z.strictObject({
  models: words.optional(),
  versions: words.optional(),
  tenants: words.optional(),
  tiers: words.optional(),
  languages: words.optional(),
  surfaces: z.array(z.enum(SURFACES)).max(SURFACES.length).optional(),
  /** Instance labels that must all be equal, e.g. `{ region: 'eu' }`. */
  labels: z.record(z.string().max(100), z.string().max(200)).optional(),
});

export const ruleMatcherSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('re2'),
    pattern: z.string().min(1).max(LIMITS.patternLength),
    ignoreCase: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('literal'),
    text: z.string().min(1).max(LIMITS.patternLength),
    ignoreCase: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('imports'),
    packages: z.array(z.string().min(1).max(300)).min(1).max(LIMITS.packages),
  }),
]);

const vector = z.strictObject({
  text: z.string().max(LIMITS.vectorLength),
  language: z.string().max(40).optional(),
});

/** A rule's own proof: texts its matcher must hit and must leave alone, run at publish and at every load. */
export const ruleTestsSchema = z.strictObject({
  mustMatch: z.array(vector).min(1).max(LIMITS.vectors),
  mustNotMatch: z.array(vector).max(LIMITS.vectors),
});

export const ruleSchema = z.strictObject({
  id: z.uuid(),
  /** What people call it, e.g. `R-31`. */
  ref: z.string().max(20),
  version: z.int().positive(),
  title: z.string().min(1).max(200),
  incident: z.string().max(20).nullable(),
  scope: ruleScopeSchema,
  target: z.enum(TARGETS),
  matcher: ruleMatcherSchema,
  action: z.enum(ACTIONS),
  mode: z.enum(MODES),
  startsAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime(),
  tests: ruleTestsSchema,
});

export const snapshotSchema = z.strictObject({
  /** Goes up by one with every publish, never back. */
  seq: z.int().positive(),
  issuedAt: z.iso.datetime(),
  /** After this an instance calls itself stale; the publisher renews long before. */
  expiresAt: z.iso.datetime(),
  rules: z.array(ruleSchema).max(LIMITS.rules),
});

/** What travels: the exact signed text of a snapshot, so that nobody re-serialises what was signed. */
export const envelopeSchema = z.strictObject({
  payload: z.string().max(LIMITS.snapshotBytes),
  /** Ed25519 over the UTF-8 bytes of `payload`, base64. */
  signature: z.string().max(200),
  keyId: z.string().max(100),
});

export type RuleScope = z.infer<typeof ruleScopeSchema>;
export type RuleMatcher = z.infer<typeof ruleMatcherSchema>;
export type RuleTests = z.infer<typeof ruleTestsSchema>;
export type Rule = z.infer<typeof ruleSchema>;
export type Snapshot = z.infer<typeof snapshotSchema>;
export type Envelope = z.infer<typeof envelopeSchema>;
export type Surface = (typeof SURFACES)[number];
