import type { Tx } from '#lib/db';
import type { Tally } from './tally.ts';

// Sums that reports carry. Their rows belong to instances, whose rows the transaction has locked before, so two
// feeds cannot meet here; the minutes of the whole fleet come last and in order, so that they are held shortly.

const texts = (values: number[]) => values.map(String);

/**
 * The first hit under a ruleset. A report tells the last hit since the one before: one from before the ruleset was
 * active belongs to its predecessor, so the time kept is the earliest that is certain, by the instance's clock.
 */
export async function writeFirstHits(tx: Tx, rows: Tally['firstHits']): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRaw`
    UPDATE adoption a SET first_hit_at = hit.at
    FROM (
      SELECT b.seq, b.instance_id, min(given.at) AS at
      FROM unnest(
        ${rows.map((r) => r.instanceId)}::text[], ${rows.map((r) => r.seq)}::int[],
        ${rows.map((r) => r.at.toISOString())}::timestamptz[]
      ) AS given (instance_id, seq, at)
      JOIN adoption b ON b.seq = given.seq AND b.instance_id = given.instance_id AND given.at >= b.active_at
      GROUP BY 1, 2
    ) AS hit
    WHERE a.seq = hit.seq AND a.instance_id = hit.instance_id AND a.first_hit_at IS NULL`;
}

/** What went through streams. */
export async function writeStreams(tx: Tx, rows: Tally['streams']): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO stream_tally AS t (instance_id, streams, chunks, released, unscanned, blocked)
    SELECT * FROM unnest(
      ${rows.map((r) => r.instanceId)}::text[], ${texts(rows.map((r) => r.streams))}::bigint[],
      ${texts(rows.map((r) => r.chunks))}::bigint[], ${texts(rows.map((r) => r.released))}::bigint[],
      ${texts(rows.map((r) => r.unscanned))}::bigint[], ${texts(rows.map((r) => r.blocked))}::bigint[]
    ) AS given (instance_id, streams, chunks, released, unscanned, blocked)
    ORDER BY instance_id
    ON CONFLICT (instance_id) DO UPDATE SET streams = t.streams + excluded.streams,
      chunks = t.chunks + excluded.chunks, released = t.released + excluded.released,
      unscanned = t.unscanned + excluded.unscanned, blocked = t.blocked + excluded.blocked`;
}

/** Calls through contracts of other serving layers. */
export async function writeCoverage(tx: Tx, rows: Tally['coverage']): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO coverage AS c (instance_id, contract, phase, calls, streamed, unseen, last_at)
    SELECT * FROM unnest(
      ${rows.map((r) => r.instanceId)}::text[], ${rows.map((r) => r.contract)}::text[],
      ${rows.map((r) => r.phase)}::text[], ${texts(rows.map((r) => r.calls))}::bigint[],
      ${texts(rows.map((r) => r.streamed))}::bigint[], ${texts(rows.map((r) => r.unseen))}::bigint[],
      ${rows.map((r) => r.at.toISOString())}::timestamptz[]
    ) AS given (instance_id, contract, phase, calls, streamed, unseen, at)
    ORDER BY instance_id, contract, phase
    ON CONFLICT (instance_id, contract, phase) DO UPDATE SET calls = c.calls + excluded.calls,
      streamed = c.streamed + excluded.streamed, unseen = c.unseen + excluded.unseen,
      last_at = greatest(c.last_at, excluded.last_at)`;
}

/** The fleet's hits and decisions, minute by minute; hits of rules this database does not know are left out. */
export async function writeMinutes(
  tx: Tx,
  hits: Tally['hitMinutes'],
  decisions: Tally['decisionMinutes'],
): Promise<void> {
  if (hits.length > 0) {
    await tx.$executeRaw`
      INSERT INTO rule_hit_minute AS m (mitigation_id, minute, hits, enforced)
      SELECT mitigation_id, minute, hits, enforced FROM unnest(
        ${hits.map((r) => r.ruleId)}::uuid[], ${hits.map((r) => r.minute.toISOString())}::timestamptz[],
        ${texts(hits.map((r) => r.hits))}::bigint[], ${texts(hits.map((r) => r.enforced))}::bigint[]
      ) AS given (mitigation_id, minute, hits, enforced)
      JOIN mitigation ON mitigation.id = given.mitigation_id
      ORDER BY mitigation_id, minute
      ON CONFLICT (mitigation_id, minute) DO UPDATE SET hits = m.hits + excluded.hits,
        enforced = m.enforced + excluded.enforced`;
  }
  if (decisions.length > 0) {
    await tx.$executeRaw`
      INSERT INTO decision_minute AS m (minute, decisions)
      SELECT * FROM unnest(
        ${decisions.map((r) => r.minute.toISOString())}::timestamptz[],
        ${texts(decisions.map((r) => r.decisions))}::bigint[]
      ) AS given (minute, decisions)
      ORDER BY minute
      ON CONFLICT (minute) DO UPDATE SET decisions = m.decisions + excluded.decisions`;
  }
}
