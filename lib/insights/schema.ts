import { z } from 'zod';
import type { Severity } from '#lib/interactions/schema';

/** The windows of the page and the width of their buckets, hours. Buckets begin at full hours of UTC. */
export const WINDOWS = {
  day: { label: 'last 24 hours', hours: 24, bucketHours: 1 },
  week: { label: 'last 7 days', hours: 168, bucketHours: 6 },
  month: { label: 'last 30 days', hours: 720, bucketHours: 24 },
} as const;
export type Window = keyof typeof WINDOWS;

export const insightFiltersSchema = z.object({ window: z.enum(['day', 'week', 'month']).catch('day') });
export type InsightFilters = z.infer<typeof insightFiltersSchema>;

/** Arrivals and decisions of one bucket; `at` is its beginning, ISO 8601 UTC. */
export type Flow = { at: string; arrived: number; decided: number };

export type Flagged = { at: string; category: string; severity: Severity; count: number };

/** Milliseconds; null where nothing was measured. */
export type Percentiles = { p50: number | null; p90: number | null; p99: number | null };

export type QueueAge = {
  key: string;
  name: string;
  pending: number;
  /** Ages in milliseconds, to the minute; null in an empty queue. */
  p50: number | null;
  p90: number | null;
  p99: number | null;
  oldest: number | null;
  overdue: number;
};

export type Speed = { decided: number; toClaim: Percentiles; toDecision: Percentiles; total: Percentiles };
