import { z } from 'zod';

/** What an instance posts to `POST /v1/report` on the feed: at once after every change of state, else every 15 s. */
export const INSTANCE_STATES = ['verified', 'active', 'failed', 'stale'] as const;

export const reportSchema = z.strictObject({
  instanceId: z.string().min(1).max(200),
  labels: z.record(z.string().max(100), z.string().max(200)).default({}),
  sdkVersion: z.string().max(40),
  /** The snapshot enforced right now; 0 when there is none yet. */
  activeSeq: z.int().nonnegative(),
  /** The snapshot this report speaks of: equal to `activeSeq`, or the one that failed to load. */
  seq: z.int().nonnegative(),
  state: z.enum(INSTANCE_STATES),
  reason: z.string().max(2_000).optional(),
  /** Decisions taken since the last accepted report. */
  decisions: z.int().nonnegative().default(0),
  /** Hits per rule since the last accepted report; `enforced` counts those that changed the answer. */
  hits: z
    .array(
      z.strictObject({
        ruleId: z.uuid(),
        hits: z.int().nonnegative(),
        enforced: z.int().nonnegative(),
        lastAt: z.iso.datetime(),
      }),
    )
    .max(5_000)
    .default([]),
});

export type Report = z.infer<typeof reportSchema>;
export type InstanceState = (typeof INSTANCE_STATES)[number];
