import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import type { InstanceKind } from '#sdk/report';
import { type Adoption, adoptionTimes, measureAdoption } from './adoption.ts';
import { hasActive } from './enforcing.ts';
import { rulesetDigests } from './held-rules.ts';
import { instanceState, type ShownState } from './instance-state.ts';
import { IN_FLEET } from './members.ts';
import { LATE_AFTER_MS } from './schema.ts';
import type { CoverageRow } from './tally.ts';

/** Read at once; a fleet beyond it is told by its figures. */
const INSTANCES_MAX = 20_000;

export type InstanceRow = {
  id: string;
  /** What its process calls itself, where another process has that name too; else null. */
  name: string | null;
  kind: InstanceKind;
  /** The relay its reports come through. */
  via: string | null;
  /** Rules it demoted to shadow by itself. */
  breakers: { ruleId: string; reason: string; since: string }[];
  /** Rules that go on and are out of the ordinary there. */
  alarms: { ruleId: string; reason: string; since: string }[];
  labels: Record<string, string>;
  sdkVersion: string;
  state: ShownState;
  reason: string | null;
  activeSeq: number;
  /** When it confirmed `activeSeq`, and how long after the publish: null when it joined late. */
  activeAt: Date | null;
  adoptedMs: number | null;
  firstHitAt: Date | null;
  /** When the ruleset it has ran out, for one that is stale. */
  staleSince: Date | null;
  firstSeenAt: Date;
  lastSeenAt: Date;
  /** How far its rule clock is ahead, milliseconds, late by its report's way; null where it does not tell. */
  clockSkewMs: number | null;
};

/** How far a ruleset has come, the newest unless `seq` names one. Throws `not_found`. */
export async function getAdoption(actor: Actor, seq?: number): Promise<Adoption> {
  authorize(actor, 'fleet.read');
  const wanted = seq ?? (await newestRuleset())?.seq;
  const adoption = wanted === undefined ? null : await measureAdoption(db, wanted);
  if (!adoption) {
    throw new AppError('not_found', seq ? `There is no ruleset ${seq}.` : 'Nothing has been published yet.');
  }
  return adoption;
}

/**
 * Every instance, silent or not, until it says goodbye or a person retires it, by name; at most 20,000, `total` says how
 * many there are.
 */
export async function listInstances(
  actor: Actor,
): Promise<{ items: InstanceRow[]; total: number; newestSeq: number; now: Date }> {
  authorize(actor, 'fleet.read');
  const newest = await newestRuleset();
  const rows = await db.$queryRaw<
    (Omit<InstanceRow, 'state'> & {
      state: string;
      activeSha256: string | null;
      now: Date;
      total: number;
    })[]
  >`
    SELECT i.id, i.name, i.kind, i.via, i.breakers, i.alarms, i.labels, i.sdk_version AS "sdkVersion", i.state, i.reason, i.active_seq AS "activeSeq",
           i.active_sha256 AS "activeSha256", i.clock_skew_ms AS "clockSkewMs",
           a.active_at AS "activeAt",
           CASE WHEN a.offered_at <= r.published_at + ${LATE_AFTER_MS} * interval '1 millisecond'
                THEN greatest(0, extract(epoch FROM a.active_at - r.published_at) * 1000)::float8 END AS "adoptedMs",
           a.first_hit_at AS "firstHitAt",
           CASE WHEN i.state = 'stale' AND r.expires_at < clock_timestamp() THEN r.expires_at END AS "staleSince",
           i.first_seen_at AS "firstSeenAt", i.last_seen_at AS "lastSeenAt",
           clock_timestamp() AS now, count(*) OVER ()::int AS total
    FROM instance i
    LEFT JOIN adoption a ON a.instance_id = i.id AND a.seq = i.active_seq
    LEFT JOIN ruleset r ON r.seq = a.seq
    WHERE ${IN_FLEET}
    ORDER BY i.id LIMIT ${INSTANCES_MAX}`;
  const digests = await rulesetDigests(told(rows));
  return {
    items: rows.map(({ now, total: _, activeSha256, ...row }) => ({
      ...row,
      state: instanceState(
        { ...row, ...IN_THE_FLEET, isOtherContent: isOther(row.activeSeq, activeSha256, digests) },
        newest,
        now,
      ),
    })),
    total: rows[0]?.total ?? 0,
    newestSeq: newest?.seq ?? 0,
    now: rows[0]?.now ?? new Date(),
  };
}

const IN_THE_FLEET = { closedAt: null, retiredAt: null };

const told = (rows: { activeSeq: number; activeSha256: string | null }[]): number[] =>
  rows.flatMap(({ activeSeq, activeSha256 }) => (activeSha256 === null ? [] : activeSeq));

function isOther(seq: number, sha256: string | null, digests: ReadonlyMap<number, string>): boolean {
  const known = digests.get(seq);
  return known !== undefined && !hasActive({ activeSeq: seq, activeSha256: sha256 }, seq, known);
}

export type InstanceDetail = Omit<InstanceRow, 'activeAt' | 'adoptedMs' | 'firstHitAt' | 'staleSince'> & {
  closedAt: Date | null;
  retiredAt: Date | null;
  /** Its last twenty rulesets, newest first; `ms` from publish to active, null when it joined late. */
  adoptions: {
    seq: number;
    cause: string;
    publishedAt: Date;
    offeredAt: Date | null;
    verifiedAt: Date | null;
    compiledAt: Date | null;
    testedAt: Date | null;
    activeAt: Date | null;
    firstHitAt: Date | null;
    failedAt: Date | null;
    reason: string | null;
    ms: number | null;
  }[];
  hits: number;
  enforced: number;
  /** What it let through streams so far; null when it never reported any. */
  streams: { streams: number; released: number; unscanned: number; blocked: number } | null;
  coverage: CoverageRow[];
};

/** One instance, also one silent for long. Throws `not_found`. */
export async function getInstance(actor: Actor, id: string): Promise<InstanceDetail> {
  authorize(actor, 'fleet.read');
  const [instance, newest, adoptions, hits, streams, coverage] = await Promise.all([
    db.instance.findUnique({ where: { id } }),
    newestRuleset(),
    db.$queryRaw<InstanceDetail['adoptions']>`
      SELECT a.seq, r.cause, r.published_at AS "publishedAt", a.offered_at AS "offeredAt",
             a.verified_at AS "verifiedAt", a.compiled_at AS "compiledAt", a.tested_at AS "testedAt",
             a.active_at AS "activeAt", a.first_hit_at AS "firstHitAt", a.failed_at AS "failedAt", a.reason,
             CASE WHEN a.offered_at <= r.published_at + ${LATE_AFTER_MS} * interval '1 millisecond'
                  THEN greatest(0, extract(epoch FROM a.active_at - r.published_at) * 1000)::float8 END AS ms
      FROM adoption a JOIN ruleset r ON r.seq = a.seq
      WHERE a.instance_id = ${id} ORDER BY a.seq DESC LIMIT 20`,
    db.ruleHit.aggregate({ where: { instanceId: id }, _sum: { hits: true, enforced: true } }),
    db.streamTally.findUnique({ where: { instanceId: id } }),
    db.coverage.findMany({
      where: { instanceId: id },
      orderBy: [{ contract: 'asc' }, { phase: 'asc' }, { field: 'asc' }],
    }),
  ]);
  if (!instance) throw new AppError('not_found', `No instance ${id} has ever reported.`);
  const { sdkVersion, reason, activeSeq, firstSeenAt, lastSeenAt, clockSkewMs, closedAt, retiredAt } =
    instance;
  const digests = await rulesetDigests(told([instance]));
  const isOtherContent = isOther(activeSeq, instance.activeSha256, digests);
  return {
    id,
    name: instance.name,
    kind: instance.kind as InstanceKind,
    via: instance.via,
    breakers: instance.breakers as InstanceRow['breakers'],
    alarms: instance.alarms as InstanceRow['alarms'],
    labels: instance.labels as Record<string, string>,
    sdkVersion,
    reason,
    activeSeq,
    firstSeenAt,
    lastSeenAt,
    clockSkewMs,
    closedAt,
    retiredAt,
    state: instanceState({ ...instance, isOtherContent }, newest, new Date()),
    adoptions,
    hits: Number(hits._sum.hits ?? 0),
    enforced: Number(hits._sum.enforced ?? 0),
    streams: streams && {
      streams: Number(streams.streams),
      released: Number(streams.released),
      unscanned: Number(streams.unscanned),
      blocked: Number(streams.blocked),
    },
    coverage: coverage.map(({ contract, phase, field, calls, streamed, unseen }) => ({
      contract,
      phase,
      field,
      calls: Number(calls),
      streamed: Number(streamed),
      unseen: Number(unseen),
    })),
  };
}

type MitigationHits = { hits: number; enforced: number; instances: number; lastHitAt: Date };

/** Hits so far per mitigation id; one without hits is absent. */
export async function hitsByMitigation(
  actor: Actor,
  mitigationIds: string[],
): Promise<Record<string, MitigationHits>> {
  authorize(actor, 'fleet.read');
  if (mitigationIds.length === 0) return {};
  const rows = await db.$queryRaw<({ id: string } & MitigationHits)[]>`
    SELECT mitigation_id::text AS id, sum(hits)::float8 AS hits, sum(enforced)::float8 AS enforced,
           count(*)::int AS instances, max(last_hit_at) AS "lastHitAt"
    FROM rule_hit WHERE mitigation_id = ANY(${mitigationIds}::uuid[]) GROUP BY mitigation_id`;
  return Object.fromEntries(rows.map(({ id, ...hits }) => [id, hits]));
}

/** Upper ends of the time-to-adopt bars, milliseconds; one more bar holds what took longer. */
export const BUCKETS_MS = [50, 100, 250, 500, 1_000, 2_000, 5_000] as const;

export type PublishTiming = {
  seq: number;
  cause: string;
  publishedAt: Date;
  measured: number;
  late: number;
  p50Ms: number | null;
  p99Ms: number | null;
  lastActiveMs: number | null;
  /** Instances per bar of BUCKETS_MS, the last one for longer. */
  counts: number[];
};

/** Time to adopt of the last publishes, newest first. */
export async function adoptionHistogram(actor: Actor, publishes = 12): Promise<PublishTiming[]> {
  authorize(actor, 'fleet.read');
  const rulesets = await db.ruleset.findMany({
    orderBy: { seq: 'desc' },
    take: Math.min(publishes, 50),
    select: { seq: true, cause: true, publishedAt: true },
  });
  const seqs = rulesets.map((ruleset) => ruleset.seq);
  const [times, bars] = await Promise.all([adoptionTimes(db, seqs), countBars(seqs)]);
  return rulesets.map((ruleset) => {
    const timing = times.find((row) => row.seq === ruleset.seq);
    const counts = Array<number>(BUCKETS_MS.length + 1).fill(0);
    for (const bar of bars) if (bar.seq === ruleset.seq) counts[bar.bar] = bar.count;
    return {
      ...ruleset,
      measured: timing?.measured ?? 0,
      late: timing?.late ?? 0,
      p50Ms: timing?.p50Ms ?? null,
      p99Ms: timing?.p99Ms ?? null,
      lastActiveMs: timing?.lastActiveMs ?? null,
      counts,
    };
  });
}

function countBars(seqs: number[]): Promise<{ seq: number; bar: number; count: number }[]> {
  return db.$queryRaw`
    SELECT a.seq,
           width_bucket(greatest(0, extract(epoch FROM a.active_at - r.published_at) * 1000)::float8 - 1e-9,
                        ${[...BUCKETS_MS]}::float8[]) AS bar,
           count(*)::int AS count
    FROM adoption a JOIN ruleset r ON r.seq = a.seq
    WHERE a.seq = ANY(${seqs}::int[]) AND a.active_at IS NOT NULL
      AND a.offered_at <= r.published_at + ${LATE_AFTER_MS} * interval '1 millisecond'
    GROUP BY 1, 2`;
}

async function newestRuleset(): Promise<{ seq: number; publishedAt: Date } | null> {
  return db.ruleset.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true, publishedAt: true } });
}
