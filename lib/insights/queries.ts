import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { SEVERITIES, type Severity } from '#lib/interactions/schema';
import { authorize } from '#lib/permissions';
import { type DueGroup, forecastOf, STEP_MS } from './forecast.ts';
import {
  type Flagged,
  type Flow,
  type InsightFilters,
  type Percentiles,
  type QueueAge,
  type Speed,
  WINDOWS,
} from './schema.ts';

/** Decisions that percentiles are made of at most, the newest of the window. */
export const MOST_DECISIONS = 100_000;

/** What came in and what was decided, by bucket, with what it was flagged for; empty buckets are there with zeros. */
export async function getFlow(actor: Actor, { window }: InsightFilters) {
  authorize(actor, 'insights.read');
  const { hours, bucketHours } = WINDOWS[window];
  // The running bucket is one of them, so that each has a name of its own.
  const first = bucketOf(
    Prisma.sql`now() - make_interval(hours => ${hours - bucketHours}::int)`,
    bucketHours,
  );
  const [[clock], flagged, decided] = await Promise.all([
    db.$queryRaw<{ first: Date; last: Date }[]>`
      SELECT ${first} AS first,
        ${bucketOf(Prisma.sql`now()`, bucketHours)} AS last`,
    db.$queryRaw<{ at: Date; category: string; severity: Severity; count: number }[]>`
      SELECT ${bucketOf(Prisma.sql`received_at`, bucketHours)} AS at, category, severity, count(*)::int AS count
      FROM queue_item
      WHERE received_at >= ${first}
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    db.$queryRaw<{ at: Date; count: number }[]>`
      SELECT ${bucketOf(Prisma.sql`decided_at`, bucketHours)} AS at, count(*)::int AS count FROM queue_item
      WHERE decided_at >= ${first}
      GROUP BY 1`,
  ]);
  const flow = new Map<string, Flow>();
  const step = bucketHours * 3_600_000;
  for (let at = clock?.first.getTime() ?? 0; clock && at <= clock.last.getTime(); at += step) {
    const iso = new Date(at).toISOString();
    flow.set(iso, { at: iso, arrived: 0, decided: 0 });
  }
  for (const { at, count } of flagged) {
    const bucket = flow.get(at.toISOString());
    if (bucket) bucket.arrived += count;
  }
  for (const { at, count } of decided) {
    const bucket = flow.get(at.toISOString());
    if (bucket) bucket.decided += count;
  }
  return {
    bucketHours,
    flow: [...flow.values()],
    flagged: flagged.map((row): Flagged => ({ ...row, at: row.at.toISOString() })),
  };
}

/** Buckets begin at full hours of UTC, whatever zone the server is in. */
function bucketOf(time: Prisma.Sql, hours: number): Prisma.Sql {
  return Prisma.sql`date_bin(make_interval(hours => ${hours}::int), ${time}, '2000-01-01T00:00:00Z'::timestamptz)`;
}

/**
 * How much waits in each queue and for how long. The percentiles are nearest-rank over minutes of arrival: grouping
 * by minute first costs one pass over what is pending instead of a sort of it.
 */
export async function getBacklog(actor: Actor): Promise<QueueAge[]> {
  authorize(actor, 'insights.read');
  return db.$queryRaw<QueueAge[]>`
    WITH minutes AS MATERIALIZED (
      SELECT queue_id, date_bin('1 minute', received_at, '2000-01-01T00:00:00Z'::timestamptz) AS minute,
        count(*) AS items, min(received_at) AS oldest, count(*) FILTER (WHERE due_at < now()) AS overdue
      FROM queue_item WHERE state = 'pending' GROUP BY 1, 2
    ), ranked AS (
      SELECT *, sum(items) OVER (PARTITION BY queue_id ORDER BY minute DESC) AS so_far,
        sum(items) OVER (PARTITION BY queue_id) AS pending FROM minutes
    ), ages AS (
      SELECT queue_id, max(pending)::int AS pending, sum(overdue)::int AS overdue, min(oldest) AS oldest,
        max(minute) FILTER (WHERE so_far >= 0.5 * pending) AS p50,
        max(minute) FILTER (WHERE so_far >= 0.9 * pending) AS p90,
        max(minute) FILTER (WHERE so_far >= 0.99 * pending) AS p99
      FROM ranked GROUP BY queue_id
    )
    SELECT queue.key, queue.name, COALESCE(ages.pending, 0) AS pending, COALESCE(ages.overdue, 0) AS overdue,
      ${sinceMs('p50')} AS p50, ${sinceMs('p90')} AS p90, ${sinceMs('p99')} AS p99, ${sinceMs('oldest')} AS oldest
    FROM queue LEFT JOIN ages ON ages.queue_id = queue.id
    WHERE queue.archived_at IS NULL OR ages.pending > 0
    ORDER BY queue.is_default, queue.position, queue.key`;
}

// A minute's beginning lies before what arrived in it: no percentile may be older than the oldest.
function sinceMs(column: 'p50' | 'p90' | 'p99' | 'oldest'): Prisma.Sql {
  return Prisma.sql`(EXTRACT(EPOCH FROM now() - GREATEST(ages.${Prisma.raw(column)}, ages.oldest)) * 1000)::double precision`;
}

type Percents = { decided: number; claim: number[] | null; work: number[] | null; total: number[] | null };

/** Arrival to first claim, first claim to decision, and both; of the newest 100,000 decisions of the window. */
export async function getSpeed(actor: Actor, { window }: InsightFilters): Promise<Speed> {
  authorize(actor, 'insights.read');
  const marks = Prisma.sql`percentile_disc(ARRAY[0.5, 0.9, 0.99]::double precision[]) WITHIN GROUP`;
  const [row] = await db.$queryRaw<Percents[]>`
    WITH decided AS (
      SELECT EXTRACT(EPOCH FROM first_claimed_at - received_at)::double precision AS claim,
        EXTRACT(EPOCH FROM decided_at - first_claimed_at)::double precision AS work,
        EXTRACT(EPOCH FROM decided_at - received_at)::double precision AS total
      FROM queue_item WHERE decided_at >= now() - make_interval(hours => ${WINDOWS[window].hours}::int)
      ORDER BY decided_at DESC LIMIT ${MOST_DECISIONS}
    )
    SELECT count(*)::int AS decided, ${marks} (ORDER BY claim) AS claim, ${marks} (ORDER BY work) AS work,
      ${marks} (ORDER BY total) AS total FROM decided`;
  return {
    decided: row?.decided ?? 0,
    toClaim: percentiles(row?.claim),
    toDecision: percentiles(row?.work),
    total: percentiles(row?.total),
  };
}

function percentiles(seconds: number[] | null | undefined): Percentiles {
  const ms = (index: number) => {
    const value = seconds?.[index];
    return value === undefined || value === null ? null : Math.round(value * 1_000);
  };
  return { p50: ms(0), p90: ms(1), p99: ms(2) };
}

/**
 * Which pending items will miss their due time if the next hours go as the last one did. What waits for a lead is
 * left out, and so are decisions of a batch or by themselves: both would flatter the rate.
 */
export async function getForecast(actor: Actor) {
  authorize(actor, 'insights.read');
  const [groups, [rate], arrivals] = await Promise.all([
    db.$queryRaw<DueGroup[]>`
      SELECT severity, count(*)::int AS count,
        floor(EXTRACT(EPOCH FROM due_at - now())::double precision * 1000 / ${STEP_MS}::int) * ${STEP_MS}::int
          AS "dueInMs"
      FROM queue_item WHERE state = 'pending' AND stage = 'review' GROUP BY 1, 3`,
    db.$queryRaw<{ decided: number }[]>`
      SELECT count(*)::int AS decided FROM queue_item AS item
      WHERE item.decided_at >= now() - interval '1 hour' AND EXISTS (SELECT 1 FROM review
        WHERE review.interaction_id = item.interaction_id AND review.batch_id IS NULL)`,
    db.$queryRaw<{ severity: Severity; count: number }[]>`
      SELECT severity, count(*)::int AS count FROM queue_item
      WHERE received_at >= now() - interval '1 hour' GROUP BY 1`,
  ]);
  const arrivedPerHour = Object.fromEntries(
    SEVERITIES.map((each) => [each, arrivals.find(({ severity }) => severity === each)?.count ?? 0]),
  ) as Record<Severity, number>;
  const decidedPerHour = rate?.decided ?? 0;
  return { decidedPerHour, arrivedPerHour, ...forecastOf(groups, { decidedPerHour, arrivedPerHour }) };
}

export type Outlook = Awaited<ReturnType<typeof getForecast>>;
