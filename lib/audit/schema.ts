import { z } from 'zod';

export const EVENTS_MAX = 1_000;

const limit = z.coerce.number().int().min(1).max(EVENTS_MAX);

/** The search box, as it stands in the URL. */
export const listEventsSchema = z.strictObject({
  q: z.string().max(500).default(''),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'is not a cursor')
    .optional(),
  limit: limit.default(50),
});

/** Query of `GET /api/v1/events`: the incremental export. */
export const eventsAfterSchema = z.strictObject({
  /** Leaf index of the last event that the caller has; absent from the very first. */
  after: z.coerce.number().int().min(-1).max(Number.MAX_SAFE_INTEGER).default(-1),
  limit: limit.default(100),
});

export type ListEvents = z.input<typeof listEventsSchema>;
export type EventsAfter = z.input<typeof eventsAfterSchema>;
