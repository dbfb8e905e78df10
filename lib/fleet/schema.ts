import { z } from 'zod';
import { wholeNumber } from '#lib/parse';
import { INT4_MAX } from '#lib/storable';
import { CLOCK_SKEW_MS } from '#sdk/report';
import { SHOWN_STATES } from './shown-states.ts';

/**
 * Milliseconds without a report after which an instance is called gone. It reports every 10 s, so two are missing;
 * with the page's refresh it is seen within 30 s.
 */
export const GONE_AFTER_MS = 25_000;
/** Milliseconds between two looks of the fleet page, as silence causes no change that could be told. */
export const LOOK_AGAIN_MS = 4_000;
/** An instance's clock is shown as wrong from here on, milliseconds either way; less is the way of its report. */
export const SKEW_SHOWN_MS = 1_000;
/** From here on it counts: the instance does not enforce a rule that its clock begins or ends at another moment. */
export const SKEW_COUNTS_MS = CLOCK_SKEW_MS;
/** Milliseconds an instance may take to adopt a publish before it is said to lag. */
export const LAG_AFTER_MS = 2_000;
/** An instance offered a ruleset later than this after its publish joined late: it says nothing of the speed. */
export const LATE_AFTER_MS = 2_000;

const filter = {
  state: z.enum([...SHOWN_STATES, 'breaker']).optional(),
  /** `region:eu`: one label and its value. */
  label: z.string().min(1).max(301).optional(),
  /** Part of an instance's name. */
  q: z.string().min(1).max(200).optional(),
  page: wholeNumber(1, 10_000).optional(),
};
export type FleetFilter = z.infer<z.ZodObject<typeof filter>>;

/** Search parameters of the fleet page: what cannot be read is left out. */
export const fleetPageSchema = z.object({
  instance: z.string().max(200).optional().catch(undefined),
  state: filter.state.catch(undefined),
  // An empty field of the form is sent as an empty word.
  label: filter.label.catch(undefined),
  q: filter.q.catch(undefined),
  page: filter.page.catch(undefined),
});

/** Which silent instances are no more, and how that is known. */
export const retireInstancesSchema = z.strictObject({
  instances: z.array(z.string().min(1).max(200)).min(1).max(500),
  reason: z.string().trim().min(1, 'Say how it is known that it no longer serves').max(500),
});
export type RetireInstances = z.infer<typeof retireInstancesSchema>;
export const retireBodySchema = retireInstancesSchema.pick({ reason: true });

/** How many instances there should be with these labels; `{}` is the whole fleet, null ends the expectation. */
export const expectInstancesSchema = z.strictObject({
  labels: z
    .record(z.string().min(1).max(100), z.string().max(200))
    .refine((labels) => Object.keys(labels).length <= 10, 'has more than 10 labels')
    .default({}),
  expected: z.int().min(1).max(1_000_000).nullable(),
});
export type ExpectInstances = z.infer<typeof expectInstancesSchema>;

/** Query of `GET /api/v1/fleet`: without `seq` the newest ruleset. */
export const fleetQuerySchema = z.strictObject({
  seq: wholeNumber(1, INT4_MAX, 'is the number of a published ruleset').optional(),
  ...filter,
});
