import type { Tx } from '#lib/db';
import type { StepTimes, Tally } from './tally.ts';

// The feed's hot writes: a handful of statements per batch, whatever its size. Reports of a ruleset or a rule
// that this database does not know (restored from a backup, say) are left out, not refused.

const times = (rows: { at: Date }[]) => rows.map((row) => row.at.toISOString());

/** Remembers each instance's last word; answers whose word was news, and who was seen for the first time. */
export async function writeInstances(
  tx: Tx,
  rows: Tally['instances'],
): Promise<{ id: string; joined: boolean }[]> {
  if (rows.length === 0) return [];
  const reports = rows.map((row) => row.report);
  return tx.$queryRaw`
    INSERT INTO instance AS i (id, kind, via, labels, sdk_version, state, reason, active_seq, first_seen_at, last_seen_at)
    SELECT id, kind, via, labels::jsonb, sdk_version, state, reason, active_seq, at, at FROM unnest(
      ${reports.map((r) => r.instanceId)}::text[], ${reports.map((r) => r.kind)}::text[],
      ${rows.map((row) => row.via ?? null)}::text[], ${reports.map((r) => JSON.stringify(r.labels))}::text[],
      ${reports.map((r) => r.sdkVersion)}::text[], ${reports.map((r) => r.state)}::text[],
      ${reports.map((r) => r.reason ?? null)}::text[], ${reports.map((r) => r.activeSeq)}::int[],
      ${times(rows)}::timestamptz[]
    ) AS given (id, kind, via, labels, sdk_version, state, reason, active_seq, at)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, via = excluded.via, labels = excluded.labels, sdk_version = excluded.sdk_version,
      state = excluded.state, reason = excluded.reason, active_seq = excluded.active_seq,
      last_seen_at = excluded.last_seen_at
    WHERE i.last_seen_at <= excluded.last_seen_at
    RETURNING id, xmax = 0 AS joined`;
}

/** Streams that were sent a ruleset; the first time counts. */
export async function writeOffers(
  tx: Tx,
  rows: { instanceId: string; seq: number; at: Date }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO adoption AS a (instance_id, seq, offered_at)
    SELECT instance_id, given.seq, min(at) FROM unnest(
      ${rows.map((r) => r.instanceId)}::text[], ${rows.map((r) => r.seq)}::int[], ${times(rows)}::timestamptz[]
    ) AS given (instance_id, seq, at)
    JOIN ruleset ON ruleset.seq = given.seq
    GROUP BY given.seq, instance_id ORDER BY given.seq, instance_id
    ON CONFLICT (seq, instance_id) DO UPDATE SET offered_at = excluded.offered_at
    WHERE a.offered_at IS NULL OR a.offered_at > excluded.offered_at`;
}

/** First confirmations. */
export async function writeActive(tx: Tx, rows: Tally['active']): Promise<void> {
  if (rows.length === 0) return;
  const steps = (name: keyof StepTimes) => rows.map((row) => row.steps[name]?.toISOString() ?? null);
  await tx.$executeRaw`
    INSERT INTO adoption AS a (instance_id, seq, active_at, verified_at, compiled_at, tested_at)
    SELECT instance_id, given.seq, at, greatest(verified_at, published_at), greatest(compiled_at, published_at),
           greatest(tested_at, published_at)
    FROM unnest(
      ${rows.map((r) => r.instanceId)}::text[], ${rows.map((r) => r.seq)}::int[], ${times(rows)}::timestamptz[],
      ${steps('verifiedAt')}::timestamptz[], ${steps('compiledAt')}::timestamptz[],
      ${steps('testedAt')}::timestamptz[]
    ) AS given (instance_id, seq, at, verified_at, compiled_at, tested_at)
    JOIN ruleset ON ruleset.seq = given.seq
    ORDER BY given.seq, instance_id
    ON CONFLICT (seq, instance_id) DO UPDATE SET active_at = excluded.active_at, tested_at = excluded.tested_at,
      verified_at = excluded.verified_at, compiled_at = excluded.compiled_at
    WHERE a.active_at IS NULL`;
}

/** First failures; answers those that were new. */
export async function writeFailed(
  tx: Tx,
  rows: Tally['failed'],
): Promise<{ instanceId: string; seq: number; reason: string }[]> {
  if (rows.length === 0) return [];
  return tx.$queryRaw`
    INSERT INTO adoption AS a (instance_id, seq, failed_at, reason)
    SELECT instance_id, given.seq, at, reason FROM unnest(
      ${rows.map((r) => r.instanceId)}::text[], ${rows.map((r) => r.seq)}::int[], ${times(rows)}::timestamptz[],
      ${rows.map((r) => r.reason)}::text[]
    ) AS given (instance_id, seq, at, reason)
    JOIN ruleset ON ruleset.seq = given.seq
    ORDER BY given.seq, instance_id
    ON CONFLICT (seq, instance_id) DO UPDATE SET failed_at = excluded.failed_at, reason = excluded.reason
    WHERE a.failed_at IS NULL
    RETURNING instance_id AS "instanceId", seq, reason`;
}

/** Adds to the counters. */
export async function writeHits(tx: Tx, rows: Tally['hits']): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO rule_hit AS h (mitigation_id, instance_id, hits, enforced, last_hit_at)
    SELECT mitigation_id, instance_id, hits, enforced, at FROM unnest(
      ${rows.map((r) => r.ruleId)}::uuid[], ${rows.map((r) => r.instanceId)}::text[],
      ${rows.map((r) => String(r.hits))}::bigint[], ${rows.map((r) => String(r.enforced))}::bigint[],
      ${rows.map((r) => r.lastAt.toISOString())}::timestamptz[]
    ) AS given (mitigation_id, instance_id, hits, enforced, at)
    JOIN mitigation ON mitigation.id = given.mitigation_id
    ORDER BY mitigation_id, instance_id
    ON CONFLICT (mitigation_id, instance_id) DO UPDATE SET hits = h.hits + excluded.hits,
      enforced = h.enforced + excluded.enforced, last_hit_at = greatest(h.last_hit_at, excluded.last_hit_at)`;
}
