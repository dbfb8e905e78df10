import type { db, Tx } from '#lib/db';
import { FORGET_AFTER_MS, GONE_AFTER_MS, LAG_AFTER_MS, LATE_AFTER_MS } from './schema.ts';

/** How far one ruleset has come. Instances are those heard of in the last 25 s; milliseconds count from publish. */
export type Adoption = {
  seq: number;
  publishedAt: Date;
  instances: number;
  /** Enforce this ruleset or a later one. */
  active: number;
  failed: { instanceId: string; reason: string }[];
  lagging: { instanceId: string; activeSeq: number; lastSeenAt: Date }[];
  /** Silent for 25 s to 10 minutes: perhaps stopped, perhaps cut off and still serving. */
  gone: number;
  /** Instances the times are measured over: those that were offered the ruleset within 2 s of its publish. */
  measured: number;
  /** Became active, but joined later than that. */
  late: number;
  p50Ms: number | null;
  p99Ms: number | null;
  lastActiveMs: number | null;
};

type Timing = Pick<Adoption, 'measured' | 'late' | 'p50Ms' | 'p99Ms' | 'lastActiveMs'>;
type Member = {
  id: string;
  activeSeq: number;
  lastSeenAt: Date;
  state: string;
  failedReason: string | null;
  gone: boolean;
};

const NAMED_MAX = 200;

/** Measures one ruleset; null when there is none with that number. All times are the database's clock. */
export async function measureAdoption(client: Tx | typeof db, seq: number): Promise<Adoption | null> {
  const [ruleset] = await client.$queryRaw<{ publishedAt: Date; ageMs: number; newest: number }[]>`
    SELECT published_at AS "publishedAt", (SELECT max(seq) FROM ruleset) AS newest,
           (extract(epoch FROM clock_timestamp() - published_at) * 1000)::float8 AS "ageMs"
    FROM ruleset WHERE seq = ${seq}`;
  if (!ruleset) return null;
  const members = await client.$queryRaw<Member[]>`
    SELECT i.id, i.active_seq AS "activeSeq", i.last_seen_at AS "lastSeenAt", i.state,
           CASE WHEN a.failed_at IS NOT NULL AND a.active_at IS NULL THEN coalesce(a.reason, 'no reason given')
                WHEN i.state = 'failed' AND i.active_seq < ${seq} THEN coalesce(i.reason, 'no reason given')
           END AS "failedReason",
           i.last_seen_at < clock_timestamp() - ${GONE_AFTER_MS} * interval '1 millisecond' AS gone
    FROM instance i LEFT JOIN adoption a ON a.instance_id = i.id AND a.seq = ${seq}
    WHERE i.last_seen_at > clock_timestamp() - ${FORGET_AFTER_MS} * interval '1 millisecond'
    ORDER BY i.last_seen_at, i.id`;
  const connected = members.filter((member) => !member.gone);
  // One that has more than this database ever published (it was restored from a backup) refuses what is new.
  const behind = connected.filter(
    (member) =>
      member.activeSeq < seq ||
      member.activeSeq > ruleset.newest ||
      (member.state === 'failed' && member.failedReason !== null),
  );
  const [timing] = await adoptionTimes(client, [seq]);
  return {
    seq,
    publishedAt: ruleset.publishedAt,
    instances: connected.length,
    active: connected.length - behind.length,
    failed: behind
      .flatMap(({ id, failedReason }) => (failedReason ? [{ instanceId: id, reason: failedReason }] : []))
      .slice(0, NAMED_MAX),
    lagging:
      ruleset.ageMs < LAG_AFTER_MS
        ? []
        : behind
            .filter((member) => !member.failedReason)
            .map(({ id, activeSeq, lastSeenAt }) => ({ instanceId: id, activeSeq, lastSeenAt }))
            .slice(0, NAMED_MAX),
    gone: members.length - connected.length,
    measured: timing?.measured ?? 0,
    late: timing?.late ?? 0,
    p50Ms: timing?.p50Ms ?? null,
    p99Ms: timing?.p99Ms ?? null,
    lastActiveMs: timing?.lastActiveMs ?? null,
  };
}

/** Publish to active, per ruleset, over the instances that were there when it was published. */
export async function adoptionTimes(
  client: Tx | typeof db,
  seqs: number[],
): Promise<(Timing & { seq: number })[]> {
  return client.$queryRaw<(Timing & { seq: number })[]>`
    WITH took AS (
      SELECT a.seq,
             greatest(0, extract(epoch FROM a.active_at - r.published_at) * 1000)::float8 AS ms,
             coalesce(a.offered_at <= r.published_at + ${LATE_AFTER_MS} * interval '1 millisecond', false) AS prompt
      FROM adoption a JOIN ruleset r ON r.seq = a.seq
      WHERE a.seq = ANY(${seqs}::int[]) AND a.active_at IS NOT NULL)
    SELECT seq,
           count(*) FILTER (WHERE prompt)::int AS measured,
           count(*) FILTER (WHERE NOT prompt)::int AS late,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE prompt) AS "p50Ms",
           percentile_disc(0.99) WITHIN GROUP (ORDER BY ms) FILTER (WHERE prompt) AS "p99Ms",
           max(ms) FILTER (WHERE prompt) AS "lastActiveMs"
    FROM took GROUP BY seq ORDER BY seq DESC`;
}
