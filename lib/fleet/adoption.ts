import type { db, Tx } from '#lib/db';
import { clockLabel } from '#lib/time';
import { hasActive } from './enforcing.ts';
import { rulesetDigests } from './held-rules.ts';
import { IS_FRESH, SERVES } from './members.ts';
import { LAG_AFTER_MS, LATE_AFTER_MS } from './schema.ts';

/**
 * How far exactly this ruleset has come; milliseconds count from publish. While it is the newest, `active` are the
 * instances that have it now; of one that was superseded, those that confirmed it, out of those that were there then.
 */
export type Adoption = {
  seq: number;
  publishedAt: Date;
  /** The ruleset after it; null for the newest. */
  supersededBy: number | null;
  /** Serving instances, also silent ones: they leave when they say goodbye or a person retires them. */
  instances: number;
  active: number;
  failed: { instanceId: string; reason: string }[];
  lagging: { instanceId: string; activeSeq: number; lastSeenAt: Date }[];
  /** Silent for 25 s: perhaps stopped, perhaps cut off and still serving. Not confirmed. */
  gone: number;
  /** Instances the times are measured over: those that were there within 2 s of the publish. */
  measured: number;
  /** Became active, but joined later than that. */
  late: number;
  p50Ms: number | null;
  /** Null below a hundred measured: there it would be the slowest by another name. */
  p99Ms: number | null;
  lastActiveMs: number | null;
};

type Timing = Pick<Adoption, 'measured' | 'late' | 'p50Ms' | 'p99Ms' | 'lastActiveMs'>;
type Member = {
  id: string;
  activeSeq: number;
  activeSha256: string | null;
  lastSeenAt: Date;
  failedReason: string | null;
  isFresh: boolean;
};

const NAMED_MAX = 200;
/** Fewer measurements have no 99th percentile of their own. */
const P99_FROM = 100;

/** Measures one ruleset; null when there is none with that number. All times are the database's clock. */
export async function measureAdoption(client: Tx | typeof db, seq: number): Promise<Adoption | null> {
  const [ruleset] = await client.$queryRaw<
    { publishedAt: Date; ageMs: number; next: number | null; supersededAt: Date | null }[]
  >`
    SELECT r.published_at AS "publishedAt", next.seq AS next, next.published_at AS "supersededAt",
           (extract(epoch FROM clock_timestamp() - r.published_at) * 1000)::float8 AS "ageMs"
    FROM ruleset r LEFT JOIN LATERAL (
      SELECT n.seq, n.published_at FROM ruleset n WHERE n.seq > r.seq ORDER BY n.seq LIMIT 1) AS next ON true
    WHERE r.seq = ${seq}`;
  if (!ruleset) return null;
  const [times] = await adoptionTimes(client, [seq]);
  const { seq: _, ...timing } = times ?? { seq, ...NOTHING };
  const { publishedAt, ageMs, next, supersededAt } = ruleset;
  const counts = supersededAt
    ? await takenBefore(client, seq, supersededAt)
    : await takenNow(client, seq, ageMs >= LAG_AFTER_MS);
  return { seq, publishedAt, supersededBy: next, ...counts, ...timing };
}

const NOTHING: Timing = { measured: 0, late: 0, p50Ms: null, p99Ms: null, lastActiveMs: null };

type Counts = Pick<Adoption, 'instances' | 'active' | 'failed' | 'lagging' | 'gone'>;

/** Of the newest ruleset: what each instance has in force now. */
async function takenNow(client: Tx | typeof db, seq: number, isLate: boolean): Promise<Counts> {
  const members = await client.$queryRaw<Member[]>`
    SELECT i.id, i.active_seq AS "activeSeq", i.active_sha256 AS "activeSha256", i.last_seen_at AS "lastSeenAt",
           CASE WHEN i.state = 'failed' THEN coalesce(i.reason, a.reason, 'no reason given')
                WHEN a.failed_at IS NOT NULL AND a.active_at IS NULL THEN coalesce(a.reason, 'no reason given')
           END AS "failedReason", ${IS_FRESH} AS "isFresh"
    FROM instance i LEFT JOIN adoption a ON a.instance_id = i.id AND a.seq = ${seq}
    WHERE ${SERVES} ORDER BY i.last_seen_at, i.id`;
  const sha256 = (await rulesetDigests([seq], client)).get(seq) ?? '';
  const fresh = members.filter((member) => member.isFresh);
  const behind = fresh.filter((member) => !hasActive(member, seq, sha256));
  return {
    instances: members.length,
    active: fresh.length - behind.length,
    failed: behind
      .flatMap(({ id, failedReason }) => (failedReason ? [{ instanceId: id, reason: failedReason }] : []))
      .slice(0, NAMED_MAX),
    lagging: behind
      .filter((member) => isLate && !member.failedReason)
      .map(({ id, activeSeq, lastSeenAt }) => ({ instanceId: id, activeSeq, lastSeenAt }))
      .slice(0, NAMED_MAX),
    gone: members.length - fresh.length,
  };
}

/** Of a ruleset that another one followed: who confirmed exactly it, among those that were there until then. */
async function takenBefore(client: Tx | typeof db, seq: number, supersededAt: Date): Promise<Counts> {
  const receipts = await client.$queryRaw<
    { id: string; active: boolean; failed: boolean; reason: string | null }[]
  >`
    SELECT coalesce(a.instance_id, i.id) AS id, a.active_at IS NOT NULL AS active,
           a.failed_at IS NOT NULL AND a.active_at IS NULL AS failed, a.reason
    FROM (SELECT * FROM adoption WHERE seq = ${seq}) AS a
    FULL JOIN (SELECT id, kind, first_seen_at, coalesce(least(closed_at, retired_at), 'infinity') AS left_at
               FROM instance) AS i ON i.id = a.instance_id
    WHERE i.kind IS DISTINCT FROM 'relay'
      AND (a.active_at IS NOT NULL OR a.failed_at IS NOT NULL
           OR (i.first_seen_at <= ${supersededAt}::timestamptz AND i.left_at > ${supersededAt}::timestamptz))
    ORDER BY 1`;
  const failed = receipts.filter((receipt) => receipt.failed);
  return {
    instances: receipts.length,
    active: receipts.filter(({ active }) => active).length,
    failed: failed
      .slice(0, NAMED_MAX)
      .map(({ id, reason }) => ({ instanceId: id, reason: reason ?? 'no reason given' })),
    lagging: [],
    gone: 0,
  };
}

/** Publish to active, per ruleset, over the instances that were there when it was published. */
export async function adoptionTimes(
  client: Tx | typeof db,
  seqs: number[],
): Promise<(Timing & { seq: number })[]> {
  const rows = await client.$queryRaw<(Timing & { seq: number })[]>`
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
  return rows.map((row) => ({ ...row, p99Ms: row.measured < P99_FROM ? null : row.p99Ms }));
}

/** "p99 410 ms" of a hundred and more, "slowest 41 ms" of fewer, nothing where nothing was measured. */
export function speedWords({ p99Ms, lastActiveMs }: Pick<Timing, 'p99Ms' | 'lastActiveMs'>): string | null {
  if (p99Ms !== null) return `p99 ${clockLabel(Math.max(1, p99Ms))}`;
  return lastActiveMs === null ? null : `slowest ${clockLabel(Math.max(1, lastActiveMs))}`;
}

/** How far it came, in one phrase that no later ruleset makes false. */
export function adoptionWords({
  active,
  instances,
  supersededBy,
}: Pick<Adoption, 'active' | 'instances' | 'supersededBy'>): string {
  if (supersededBy === null) return `active on ${active} of ${instances}`;
  if (active === 0) return `superseded by ${supersededBy} before any instance took it`;
  return `active on ${active} of ${instances} when ${supersededBy} superseded it`;
}
