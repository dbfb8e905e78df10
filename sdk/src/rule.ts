import { z } from 'zod';
import { ECOSYSTEMS } from './packages/ecosystems.ts';

/**
 * The wire format of an emergency rule and of the snapshot that carries all live rules.
 * The application validates with these schemas before it publishes, and every instance validates
 * with the same ones before it loads: what cannot be parsed here never runs anywhere.
 */

export const SURFACES = ['inline', 'chat', 'agent', 'review', 'cli', 'other'] as const;
export const TARGETS = ['prompt', 'completion', 'both'] as const;
/**
 * What a rule does where it hits. `disable` refuses the model or feature as a whole, `sampling` caps or sets
 * parameters before the model runs, `drop` and `demote` act on candidates (`rank`); the others act on the answer.
 */
export const ACTIONS = [
  'block',
  'disable',
  'replace',
  'redact',
  'warn',
  'require_review',
  'drop',
  'demote',
  'sampling',
  'flag',
] as const;
export const MODES = ['shadow', 'enforce'] as const;
/** What happens to a request in a rule's scope that the rule could not judge. */
export const FAIL_MODES = ['open', 'closed', 'require_review'] as const;

/** Limits that publish and load both enforce; sizes in UTF-16 code units unless named otherwise. */
export const LIMITS = {
  patternLength: 2_000,
  /** RE2 program instructions: counted repeats can make a short pattern dear. */
  programSize: 5_000,
  /** Entries of one list of packages, and all their names and versions together. */
  packages: 100_000,
  packagesLength: 4_000_000,
  packageName: 300,
  packageVersions: 500,
  vectors: 40,
  vectorLength: 16_384,
  phrases: 10_000,
  /** RE2 program instructions of all patterns of a snapshot together: each takes about half a kilobyte of memory. */
  programTotal: 750_000,
  /** What one rule may cost by `costOf`: a long pattern that requires no string reaches it. */
  costUnits: 100,
  /** What all rules of a snapshot may cost together. */
  costTotal: 25_000,
  /** A CEL expression in `when`. */
  whenLength: 500,
  /** Characters that a stream holds back for a pattern without an end; a rule may ask for less or more. */
  lookback: 512,
  lookbackMax: 8_192,
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
  /** Product features such as `agent-mode`: the operator's own names. */
  features: words.optional(),
  /** Instance labels that must all be equal, e.g. `{ region: 'eu' }`. */
  labels: z.record(z.string().max(100), z.string().max(200)).optional(),
});

/**
 * One package a rule is about: its name alone, or with the registry it is in (left out: any) and the versions that are
 * meant (left out: every one), a range as the registry's own tools write it: `1.2.3`, `==1.2.*`, `>=1.2 <1.4`, `^1 || ^2`.
 */
const packageEntrySchema = z.union([
  z.string().min(1).max(LIMITS.packageName),
  z.strictObject({
    name: z.string().min(1).max(LIMITS.packageName),
    ecosystem: z.enum(ECOSYSTEMS).optional(),
    versions: z.string().min(1).max(LIMITS.packageVersions).optional(),
  }),
]);

/** Where a package is looked for: wherever its name stands, or where code imports it or a command installs it. */
export const FINDS = ['mentioned', 'imported'] as const;
/** What a mention that names no version does to an entry that names some. */
export const UNVERSIONED = ['hit', 'pass'] as const;

const sizeOf = (entry: PackageListItem) =>
  typeof entry === 'string' ? entry.length : entry.name.length + (entry.versions?.length ?? 0);

export const ruleMatcherSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('re2'),
    pattern: z.string().min(1).max(LIMITS.patternLength),
    ignoreCase: z.boolean().default(false),
    /** Longest match that a stream waits for where the pattern has no end of its own; `LIMITS.lookback` unless given. */
    lookback: z.int().min(1).max(LIMITS.lookbackMax).optional(),
  }),
  z.strictObject({
    kind: z.literal('literal'),
    text: z.string().min(1).max(LIMITS.patternLength),
    ignoreCase: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('imports'),
    packages: z
      .array(packageEntrySchema)
      .min(1)
      .max(LIMITS.packages, `must be at most ${LIMITS.packages.toLocaleString('en')} packages`)
      .refine(
        (list) => list.reduce((sum, entry) => sum + sizeOf(entry), 0) <= LIMITS.packagesLength,
        `must be at most ${LIMITS.packagesLength.toLocaleString('en')} characters of names and versions together: one ruleset carries all rules. Make two rules of it`,
      ),
    /** Left out: `imported`. */
    find: z.enum(FINDS).optional(),
    /** Left out: `hit`. */
    unversioned: z.enum(UNVERSIONED).optional(),
  }),
  z.strictObject({
    kind: z.literal('phrases'),
    /** Found whatever their case, width, accents, look-alike letters, invisible characters and runs of blanks. */
    phrases: z
      .array(z.string().trim().min(1).max(500))
      .min(1)
      .max(LIMITS.phrases, 'must be at most 10,000 phrases'),
  }),
  z.strictObject({
    kind: z.literal('shape'),
    /** A code pattern of ast-grep, e.g. `subprocess.run($CMD, shell=True)`. */
    pattern: z.string().min(1).max(LIMITS.patternLength),
    /** The language the pattern is written in; code in other languages is never hit. */
    language: z.string().min(1).max(40),
  }),
  /** Hits everything within the scope: switches off a model, caps sampling, asks for review. */
  z.strictObject({ kind: z.literal('any') }),
]);

const vector = z.strictObject({
  text: z.string().max(LIMITS.vectorLength),
  language: z.string().max(40).optional(),
});

/** A rule's own proof: texts its matcher must hit and must leave alone, run at publish and at every load. */
export const ruleTestsSchema = z.strictObject({
  /** Not empty, except for a matcher of the kind `any`. */
  mustMatch: z.array(vector).max(LIMITS.vectors),
  mustNotMatch: z.array(vector).max(LIMITS.vectors),
});

/** One sampling parameter: set to a value, or held to at most one. */
const bound = (number: z.ZodNumber) =>
  z.union([z.strictObject({ set: number }), z.strictObject({ max: number })]).optional();

export const ruleParametersSchema = z.strictObject({
  /** For `replace` the text to serve instead, for `warn` the warning, for `block` and `disable` what the user reads. */
  text: z.string().min(1).max(2_000).optional(),
  sampling: z
    .strictObject({
      temperature: bound(z.number().min(0).max(2)),
      topP: bound(z.number().min(0).max(1)),
      candidates: bound(z.int().min(1).max(100)),
    })
    .optional(),
});

/** Per cent of the instances (by `rolloutBucket` of rule and instance) and of the requests (of rule and request). */
const ruleRolloutSchema = z.strictObject({
  instances: z.number().min(0).max(100),
  requests: z.number().min(0).max(100),
});

export const ruleFailSchema = z.strictObject({
  /** The rule threw, or used up its time on this text. */
  onError: z.enum(FAIL_MODES),
  /** The instance has heard nothing newer for longer than the ruleset is good for. A rule that hits still counts. */
  onStale: z.enum(FAIL_MODES),
});

/** When an instance raises an alarm about a rule, which goes on. */
const ruleBreakerSchema = z.strictObject({
  /** Hits per decision in scope, 0 to 1, over five minutes: a multiple of what the back-test saw. */
  maxHitRate: z.number().min(0).max(1),
  /** Milliseconds that one evaluation may take of a text of 16 KiB; a longer text has as much more. */
  budgetMs: z.number().positive().max(1_000),
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
  parameters: ruleParametersSchema.default({}),
  mode: z.enum(MODES),
  /** A condition in CEL over the request, without regular expressions; null for none. */
  when: z.string().min(1).max(LIMITS.whenLength).nullable().default(null),
  rollout: ruleRolloutSchema.default({ instances: 100, requests: 100 }),
  fail: ruleFailSchema.default({ onError: 'open', onStale: 'open' }),
  breaker: ruleBreakerSchema.nullable().default(null),
  /** Share of the hits whose texts go back into the review queue, 0 to 1; `require_review` sends every one. */
  sample: z.number().min(0).max(1).default(0),
  startsAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime(),
  tests: ruleTestsSchema,
});

export const snapshotSchema = z.strictObject({
  /** Goes up with every publish, never back; gaps are legal, as after a restore of the publisher's database. */
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
export type PackageListItem = z.infer<typeof packageEntrySchema>;
export type RuleTests = z.infer<typeof ruleTestsSchema>;
export type RuleParameters = z.infer<typeof ruleParametersSchema>;
export type RuleFail = z.infer<typeof ruleFailSchema>;
export type FailMode = (typeof FAIL_MODES)[number];
export type Rule = z.infer<typeof ruleSchema>;
export type Snapshot = z.infer<typeof snapshotSchema>;
export type Envelope = z.infer<typeof envelopeSchema>;
export type Surface = (typeof SURFACES)[number];

/** Whether both are the same rule in the same form. One that a new ruleset left as it was mostly is the same object. */
export const isSameRule = (one: Rule, other: Rule): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other);
