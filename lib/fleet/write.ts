import type { ClientBase, QueryResultRow } from 'pg';
import { type StepTimes, skewOf, type Tally } from './tally.ts';

// The feed's hot writes: a handful of statements per batch, whatever its size. Reports of a ruleset or a rule
// that this database does not know (restored from a backup, say) are left out, not refused.

/** A connection that says nothing for so long is given up, and the batch is tried on another. */
const ANSWER_MS = 15_000;

/** One statement of a batch, planned once per connection under its name. */
export async function runNamed<Row extends QueryResultRow>(
  client: ClientBase,
  name: string,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  const query = { name: `fleet.${name}`, text, values, query_timeout: ANSWER_MS };
  return (await client.query<Row>(query)).rows;
}

const times = (rows: { at: Date }[]) => rows.map((row) => row.at.toISOString());

/** An instance whose word was news; `joined` first of all, or again after it had left. `breakers` and `alarms` were open before. */
export type WrittenInstance = { id: string; joined: boolean; breakers: unknown; alarms: unknown };

/** Remembers each instance's last word; answers whose word was news, and who was seen for the first time. */
export async function writeInstances(
  client: ClientBase,
  rows: Tally['instances'],
): Promise<WrittenInstance[]> {
  if (rows.length === 0) return [];
  const reports = rows.map((row) => row.report);
  return runNamed<WrittenInstance>(
    client,
    'instances',
    `WITH left_before AS (
      SELECT id FROM instance WHERE id = ANY($1::text[]) AND (closed_at IS NOT NULL OR retired_at IS NOT NULL)
    )
    INSERT INTO instance AS i (id, kind, via, labels, sdk_version, state, reason, active_seq, active_sha256,
      clock_skew_ms, unnamed, closed_at, first_seen_at, last_seen_at, failure, name, boots, boot_since)
    SELECT id, kind, via, labels::jsonb, sdk_version, state, reason, active_seq, active_sha256, clock_skew_ms,
      unnamed::jsonb, CASE WHEN goodbye THEN at END, at, at, failure, name,
      ARRAY(SELECT jsonb_array_elements_text(boots::jsonb)), boot_since FROM unnest(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::timestamptz[],
      $10::text[], $11::int[], $12::bool[], $13::text[], $14::text[], $15::text[], $16::text[], $17::timestamptz[]
    ) AS given (id, kind, via, labels, sdk_version, state, reason, active_seq, at, active_sha256, clock_skew_ms, goodbye, unnamed, failure, name,
      boots, boot_since)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, via = excluded.via, labels = excluded.labels, sdk_version = excluded.sdk_version,
      state = excluded.state, reason = excluded.reason, active_seq = excluded.active_seq,
      active_sha256 = excluded.active_sha256, clock_skew_ms = excluded.clock_skew_ms, unnamed = excluded.unnamed,
      closed_at = excluded.closed_at, retired_at = NULL, last_seen_at = excluded.last_seen_at, failure = excluded.failure,
      name = excluded.name, boots = excluded.boots, boot_since = excluded.boot_since
    WHERE i.last_seen_at <= excluded.last_seen_at
    RETURNING id, xmax = 0 OR (closed_at IS NULL AND id IN (SELECT id FROM left_before)) AS joined, breakers, alarms`,
    [
      reports.map((r) => r.instanceId),
      reports.map((r) => r.kind),
      rows.map((row) => row.via ?? null),
      reports.map((r) => JSON.stringify(r.labels)),
      reports.map((r) => r.sdkVersion),
      reports.map((r) => r.state),
      reports.map((r) => r.reason ?? null),
      reports.map((r) => r.activeSeq),
      times(rows),
      reports.map((r) => r.activeSha256 ?? null),
      rows.map(skewOf),
      reports.map((r) => r.goodbye ?? false),
      reports.map((r) => JSON.stringify(r.unnamed ?? [])),
      reports.map((r) => (r.state === 'failed' ? (r.failure ?? null) : null)),
      rows.map((row) => row.name ?? null),
      rows.map((row) => JSON.stringify(row.boots ?? [])),
      rows.map((row) => row.bootSince?.toISOString() ?? null),
    ],
  );
}

type Offered = { instanceId: string; seq: number; at: Date };
type Taken = {
  instanceId: string;
  seq: number;
  offeredAt: Date | null;
  activeAt: Date | null;
  steps?: StepTimes;
};

/**
 * Streams that were sent a ruleset and instances that have it active, as one row where both are known: a row that is
 * written once costs half of one that is written twice. The first time of each counts.
 */
export async function writeAdoptions(
  client: ClientBase,
  offers: Offered[],
  active: Tally['active'],
): Promise<void> {
  if (offers.length + active.length === 0) return;
  const rows = inOrder(offers, active);
  const column = (pick: (row: Taken) => Date | null | undefined) =>
    rows.map((row) => pick(row)?.toISOString() ?? null);
  await runNamed(
    client,
    'adoptions',
    `INSERT INTO adoption AS a (instance_id, seq, offered_at, active_at, verified_at, compiled_at, tested_at)
    SELECT instance_id, given.seq, CASE WHEN offered_at IS NOT NULL THEN least(offered_at, verified_at, active_at) END,
           active_at, CASE WHEN verified_at IS NOT NULL THEN greatest(verified_at, published_at) END,
           CASE WHEN compiled_at IS NOT NULL THEN greatest(compiled_at, published_at) END,
           CASE WHEN tested_at IS NOT NULL THEN greatest(tested_at, published_at) END
    FROM unnest(
      $1::text[], $2::int[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[]
    ) AS given (instance_id, seq, offered_at, active_at, verified_at, compiled_at, tested_at)
    JOIN ruleset ON ruleset.seq = given.seq
    ORDER BY given.seq, instance_id
    ON CONFLICT (seq, instance_id) DO UPDATE SET
      -- What it had verified it had been offered, by whatever way: a later offer is another one.
      offered_at = CASE WHEN coalesce(a.offered_at, excluded.offered_at) IS NOT NULL
        THEN least(a.offered_at, excluded.offered_at, a.verified_at, excluded.verified_at, a.active_at, excluded.active_at) END,
      active_at = coalesce(a.active_at, excluded.active_at),
      verified_at = CASE WHEN a.active_at IS NULL THEN excluded.verified_at ELSE a.verified_at END,
      compiled_at = CASE WHEN a.active_at IS NULL THEN excluded.compiled_at ELSE a.compiled_at END,
      tested_at = CASE WHEN a.active_at IS NULL THEN excluded.tested_at ELSE a.tested_at END
    WHERE (a.active_at IS NULL AND excluded.active_at IS NOT NULL)
       OR excluded.offered_at < a.offered_at OR (a.offered_at IS NULL AND excluded.offered_at IS NOT NULL)`,
    [
      rows.map((row) => row.instanceId),
      rows.map((row) => row.seq),
      column((row) => row.offeredAt),
      column((row) => row.activeAt),
      column((row) => row.steps?.verifiedAt),
      column((row) => row.steps?.compiledAt),
      column((row) => row.steps?.testedAt),
    ],
  );
}

/** One row per ruleset and instance, in the order in which every feed takes their locks. */
function inOrder(offers: Offered[], active: Tally['active']): Taken[] {
  const rows = new Map<string, Taken>();
  for (const { instanceId, seq, at, steps } of active) {
    rows.set(`${seq} ${instanceId}`, { instanceId, seq, offeredAt: null, activeAt: at, steps });
  }
  for (const { instanceId, seq, at } of offers) {
    const row = rows.get(`${seq} ${instanceId}`);
    if (!row) rows.set(`${seq} ${instanceId}`, { instanceId, seq, offeredAt: at, activeAt: null });
    else if (!row.offeredAt || at < row.offeredAt) row.offeredAt = at;
  }
  return [...rows.values()];
}

/** A ruleset that an instance could not load for the first time, and an incident whose rules it brought or ended. */
type NewFailure = { instanceId: string; seq: number; reason: string; incidentId: string | null };

/**
 * First failures; answers those that were new, once for every incident whose rules the ruleset brought or ended, or
 * once without when there is none, as for a renewal.
 */
export async function writeFailed(client: ClientBase, rows: Tally['failed']): Promise<NewFailure[]> {
  if (rows.length === 0) return [];
  return runNamed<NewFailure>(
    client,
    'failed',
    `WITH said AS (
      INSERT INTO adoption AS a (instance_id, seq, failed_at, reason)
      SELECT instance_id, given.seq, at, reason FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::text[])
        AS given (instance_id, seq, at, reason)
      JOIN ruleset ON ruleset.seq = given.seq
      ORDER BY given.seq, instance_id
      ON CONFLICT (seq, instance_id) DO UPDATE SET failed_at = excluded.failed_at, reason = excluded.reason
      WHERE a.failed_at IS NULL
      RETURNING instance_id, seq, reason
    ), touched AS (
      SELECT DISTINCT said.seq, m.incident_id FROM (SELECT DISTINCT seq FROM said) AS said
      JOIN mitigation m ON said.seq IN (m.published_seq, m.stage_seq, m.ended_seq)
    )
    SELECT instance_id AS "instanceId", said.seq, reason, incident_id::text AS "incidentId"
    FROM said LEFT JOIN touched ON touched.seq = said.seq ORDER BY said.seq, instance_id, incident_id`,
    [rows.map((r) => r.instanceId), rows.map((r) => r.seq), times(rows), rows.map((r) => r.reason)],
  );
}

/** Adds to the counters. */
export async function writeHits(client: ClientBase, rows: Tally['hits']): Promise<void> {
  if (rows.length === 0) return;
  await runNamed(
    client,
    'hits',
    `INSERT INTO rule_hit AS h (mitigation_id, instance_id, hits, enforced, last_hit_at)
    SELECT mitigation_id, instance_id, hits, enforced, at
    FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[])
      AS given (mitigation_id, instance_id, hits, enforced, at)
    JOIN mitigation ON mitigation.id = given.mitigation_id
    ORDER BY mitigation_id, instance_id
    ON CONFLICT (mitigation_id, instance_id) DO UPDATE SET hits = h.hits + excluded.hits,
      enforced = h.enforced + excluded.enforced, last_hit_at = greatest(h.last_hit_at, excluded.last_hit_at)`,
    [
      rows.map((r) => r.ruleId),
      rows.map((r) => r.instanceId),
      rows.map((r) => String(r.hits)),
      rows.map((r) => String(r.enforced)),
      rows.map((r) => r.lastAt.toISOString()),
    ],
  );
}
