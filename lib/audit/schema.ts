import { z } from 'zod';
import { wholeNumber } from '#lib/parse';

export const EVENTS_MAX = 1_000;

const limit = wholeNumber(1, EVENTS_MAX);

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
  after: wholeNumber(-1, Number.MAX_SAFE_INTEGER)
    .default(-1)
    .meta({ description: 'Leaf index of the last event that you have; absent from the very first' }),
  limit: limit.default(100),
});

export type ListEvents = z.input<typeof listEventsSchema>;
export type EventsAfter = z.input<typeof eventsAfterSchema>;
