import { z } from 'zod';

// What instances say is read leniently: a field that is not known comes from a newer SDK, and what else it says still
// counts.

/** What an instance posts to `POST /v1/report` on the feed: at once after every change of state, else every 10 s. */
const INSTANCE_STATES = ['verified', 'active', 'failed', 'stale'] as const;

/** What follows a feed: a process with the SDK, a sidecar for other languages, a relay, or an OPA agent. */
const INSTANCE_KINDS = ['sdk', 'sidecar', 'relay', 'opa'] as const;

/** How far two clocks may be apart before it counts, milliseconds. */
export const CLOCK_SKEW_MS = 60_000;

/** More than any instance can count between two reports; a thousand of them still fit where they are summed up. */
const count = z.int().nonnegative().max(1_000_000_000_000);
/** The number of a snapshot. */
const seq = z.int().nonnegative().max(2_147_483_647);
const milliseconds = z.number().nonnegative().max(600_000);

/** How long the steps to this snapshot took, milliseconds after its first byte arrived. */
const adoptionStepsSchema = z.object({
  verifiedMs: milliseconds,
  compiledMs: milliseconds,
  /** Every rule hit what it must and left alone what it must. */
  testedMs: milliseconds,
  activeMs: milliseconds,
});

/** A rule that this instance demoted to shadow by itself, or raises an alarm about. */
export const openBreakerSchema = z.object({
  ruleId: z.uuid(),
  reason: z.string().max(500),
  since: z.iso.datetime(),
});

/** What went through streams since the last accepted report. `unscanned` is the proof: it must be 0. */
const streamCountersSchema = z.object({
  streams: count,
  chunks: count,
  /** Characters let through, and those of them that no rule had seen. */
  released: count,
  unscanned: count,
  blocked: count,
});

/** Labels in one report. */
const LABELS_MAX = 64;

/** What an instance is told by beside its name; few, for they are kept and shown for each of thousands. */
export const labelsSchema = z
  .record(z.string().max(100), z.string().max(200))
  .refine((labels) => Object.keys(labels).length <= LABELS_MAX, `must be ${LABELS_MAX} labels at most`);

/** A name that people can read and click on. */
const instanceIdSchema = z.string().min(1).max(200).regex(/\S/, 'must not be blank');

/** Calls through one contract of another serving layer since the last accepted report. */
const coverageSchema = z.object({
  /** `litellm`, `portkey`, `agentgateway`, `openai`, `ofrep`, `decide`, `http`, `ai`. */
  contract: z.string().min(1).max(40),
  phase: z.enum(['request', 'response']),
  /** Left out for all calls; else the field that could not be read in so many of them, such as `image_url`. */
  field: z.string().min(1).max(40).optional(),
  calls: count,
  /** Calls that belonged to streamed answers, and those of them whose text never came with the call. */
  streamed: count,
  unseen: count,
});

/** Decisions of the last five minutes that named nothing in a field by which live rules are scoped. */
const unnamedSchema = z.object({
  field: z.enum(['model', 'version', 'tenant', 'tier', 'language', 'surface', 'feature']),
  decisions: count,
  without: count,
});

export const reportSchema = z.object({
  instanceId: instanceIdSchema,
  kind: z.enum(INSTANCE_KINDS).default('sdk'),
  labels: labelsSchema.default({}),
  sdkVersion: z.string().max(40),
  /** The snapshot enforced right now; 0 when there is none yet. */
  activeSeq: seq,
  /** When that snapshot was signed, as it says itself. */
  activeIssuedAt: z.iso.datetime().optional(),
  /** The snapshot this report speaks of: equal to `activeSeq`, or the one that failed to load. */
  seq,
  state: z.enum(INSTANCE_STATES),
  reason: z.string().max(2_000).optional(),
  /** What kind of failure: the `code` of the event `failed`. */
  failure: z.string().max(40).optional(),
  /** Random, of this process alone: two that were given one name are told apart by it. */
  boot: z
    .string()
    .regex(/^[0-9a-f]{8,64}$/)
    .optional(),
  /** SHA-256 (hex) over the exact payload that is active: a number alone does not say which content it had. */
  activeSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** The time by which rules start and end here, as the report was written. */
  clock: z.iso.datetime().optional(),
  /** The process ends by intent: it is no more missed. */
  goodbye: z.boolean().optional(),
  /** Of the snapshot `activeSeq`; only in the first report that speaks of it. */
  steps: adoptionStepsSchema.optional(),
  /** All that are open now. */
  breakers: z.array(openBreakerSchema).max(1_000).default([]),
  /** What is out of the ordinary about rules that go on as they are; left out where there is nothing. */
  alarms: z.array(openBreakerSchema).max(1_000).optional(),
  /** Left out where every decision named all that live rules are scoped by. */
  unnamed: z.array(unnamedSchema).max(20).optional(),
  /** Decisions taken since the last accepted report. */
  decisions: count.default(0),
  /** Hits per rule since the last accepted report; `enforced` counts those that changed the answer. */
  hits: z
    .array(
      z.object({
        ruleId: z.uuid(),
        hits: count,
        enforced: count,
        lastAt: z.iso.datetime(),
      }),
    )
    .max(5_000)
    .default([]),
  streams: streamCountersSchema.optional(),
  coverage: z.array(coverageSchema).max(200).default([]),
});

/**
 * `POST /v1/reports`: what a relay gathered. `ageMs` is how long ago each report reached it, by its own clock, and
 * `keySha256` (hex) is of the key it came with: the instance's name belongs to that one, whichever way it reports.
 */
export const reportBatchSchema = z.object({
  relayId: z.string().min(1).max(200),
  reports: z
    .array(
      z.object({
        ageMs: z.int().min(0).max(600_000),
        keySha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional(),
        report: reportSchema,
      }),
    )
    .max(1_000),
});

/** The answer: places of reports to send once more, and of those that will never be taken; all others are stored. */
export const batchAnswerSchema = z.object({
  seq: z.int(),
  again: z.array(z.int().nonnegative()).default([]),
  refused: z.array(z.int().nonnegative()).default([]),
});
export type BatchAnswer = z.input<typeof batchAnswerSchema>;

/** `POST /v1/samples`: interactions that rules hit, for the review queue. Texts are cut to what ingest takes. */
export const sampleSchema = z.object({
  /** Unique at the instance; a repeat changes nothing. */
  id: z.string().min(1).max(200),
  at: z.iso.datetime(),
  instanceId: instanceIdSchema,
  seq,
  rules: z
    .array(
      z.object({
        ruleId: z.uuid(),
        ref: z.string().max(20),
        start: count.optional(),
        end: count.optional(),
      }),
    )
    .min(1)
    .max(20),
  model: z.string().max(200).nullable().default(null),
  version: z.string().max(200).nullable().default(null),
  tenant: z.string().max(200).nullable().default(null),
  tier: z.string().max(200).nullable().default(null),
  actor: z.string().max(200).nullable().default(null),
  language: z.string().max(40).nullable().default(null),
  surface: z.string().max(40).nullable().default(null),
  prompt: z.string().max(200_000).default(''),
  completion: z.string().max(200_000).default(''),
});
export const sampleBatchSchema = z.object({ samples: z.array(sampleSchema).min(1).max(100) });

export type Report = z.infer<typeof reportSchema>;
export type ReportBatch = z.infer<typeof reportBatchSchema>;
export type Sample = z.infer<typeof sampleSchema>;
export type AdoptionSteps = z.infer<typeof adoptionStepsSchema>;
export type OpenBreaker = z.infer<typeof openBreakerSchema>;
export type Unnamed = z.infer<typeof unnamedSchema>;
export type StreamCounters = z.infer<typeof streamCountersSchema>;
export type Coverage = z.infer<typeof coverageSchema>;
export type InstanceState = (typeof INSTANCE_STATES)[number];
export type InstanceKind = (typeof INSTANCE_KINDS)[number];
