import type { ClientBase } from 'pg';
import type { Asked } from './asked.ts';
import type { Tally } from './tally.ts';
import { runNamed } from './write.ts';

// Sums that reports carry. Their rows belong to instances, whose rows the transaction has locked before, so two
// feeds cannot meet here; the minutes of the whole fleet come last and in order, so that they are held shortly.

const texts = (values: number[]) => values.map(String);

/**
 * The first hit under a ruleset. A report tells the last hit since the one before: one from before the ruleset was
 * active belongs to its predecessor, so the time kept is the earliest that is certain, by the instance's clock.
 */
export async function writeFirstHits(client: ClientBase, rows: Tally['firstHits']): Promise<void> {
  if (rows.length === 0) return;
  // A row here and there of a table that remembers every publish: other joins would read all of it.
  await client.query('SET LOCAL enable_nestloop = on');
  await runNamed(
    client,
    'first-hits',
    `UPDATE adoption a SET first_hit_at = hit.at
    FROM (
      SELECT b.seq, b.instance_id, min(given.at) AS at
      FROM unnest($1::text[], $2::int[], $3::timestamptz[]) AS given (instance_id, seq, at)
      JOIN adoption b ON b.seq = given.seq AND b.instance_id = given.instance_id AND given.at >= b.active_at
      GROUP BY 1, 2
    ) AS hit
    WHERE a.seq = hit.seq AND a.instance_id = hit.instance_id AND a.first_hit_at IS NULL`,
    [rows.map((r) => r.instanceId), rows.map((r) => r.seq), rows.map((r) => r.at.toISOString())],
  );
}

/** What went through streams. */
export async function writeStreams(client: ClientBase, rows: Tally['streams']): Promise<void> {
  if (rows.length === 0) return;
  await runNamed(
    client,
    'streams',
    `INSERT INTO stream_tally AS t (instance_id, streams, chunks, released, unscanned, blocked)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
      AS given (instance_id, streams, chunks, released, unscanned, blocked)
    ORDER BY instance_id
    ON CONFLICT (instance_id) DO UPDATE SET streams = t.streams + excluded.streams,
      chunks = t.chunks + excluded.chunks, released = t.released + excluded.released,
      unscanned = t.unscanned + excluded.unscanned, blocked = t.blocked + excluded.blocked`,
    [
      rows.map((r) => r.instanceId),
      texts(rows.map((r) => r.streams)),
      texts(rows.map((r) => r.chunks)),
      texts(rows.map((r) => r.released)),
      texts(rows.map((r) => r.unscanned)),
      texts(rows.map((r) => r.blocked)),
    ],
  );
}

/** Calls through contracts of other serving layers. */
export async function writeCoverage(client: ClientBase, rows: Tally['coverage']): Promise<void> {
  if (rows.length === 0) return;
  await runNamed(
    client,
    'coverage',
    `INSERT INTO coverage AS c (instance_id, contract, phase, field, calls, streamed, unseen, last_at)
    SELECT * FROM unnest(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[]
    ) AS given (instance_id, contract, phase, field, calls, streamed, unseen, at)
    ORDER BY instance_id, contract, phase, field
    ON CONFLICT (instance_id, contract, phase, field) DO UPDATE SET calls = c.calls + excluded.calls,
      streamed = c.streamed + excluded.streamed, unseen = c.unseen + excluded.unseen,
      last_at = greatest(c.last_at, excluded.last_at)`,
    [
      rows.map((r) => r.instanceId),
      rows.map((r) => r.contract),
      rows.map((r) => r.phase),
      rows.map((r) => r.field),
      texts(rows.map((r) => r.calls)),
      texts(rows.map((r) => r.streamed)),
      texts(rows.map((r) => r.unseen)),
      rows.map((r) => r.at.toISOString()),
    ],
  );
}

/** The fleet's hits and decisions, minute by minute, and in how many each rule was asked; hits of rules this database does not know are left out. */
export async function writeMinutes(
  client: ClientBase,
  { hitMinutes, decisionMinutes: decisions }: Pick<Tally, 'hitMinutes' | 'decisionMinutes'>,
  asked: readonly Asked[],
): Promise<void> {
  const hits = [
    ...hitMinutes.map((row) => ({ ...row, asked: 0 })),
    ...asked.map((row) => ({ ...row, hits: 0, enforced: 0 })),
  ];
  if (hits.length > 0) {
    await runNamed(
      client,
      'hit-minutes',
      `INSERT INTO rule_hit_minute AS m (mitigation_id, minute, hits, enforced, asked)
      SELECT mitigation_id, minute, sum(hits), sum(enforced), sum(asked)
      FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS given (mitigation_id, minute, hits, enforced, asked)
      JOIN mitigation ON mitigation.id = given.mitigation_id
      GROUP BY mitigation_id, minute ORDER BY mitigation_id, minute
      ON CONFLICT (mitigation_id, minute) DO UPDATE SET hits = m.hits + excluded.hits,
        enforced = m.enforced + excluded.enforced, asked = m.asked + excluded.asked`,
      [
        hits.map((r) => r.ruleId),
        hits.map((r) => r.minute.toISOString()),
        texts(hits.map((r) => r.hits)),
        texts(hits.map((r) => r.enforced)),
        texts(hits.map((r) => r.asked)),
      ],
    );
  }
  if (decisions.length > 0) {
    await runNamed(
      client,
      'decision-minutes',
      `INSERT INTO decision_minute AS m (minute, decisions)
      SELECT * FROM unnest($1::timestamptz[], $2::bigint[]) AS given (minute, decisions)
      ORDER BY minute
      ON CONFLICT (minute) DO UPDATE SET decisions = m.decisions + excluded.decisions`,
      [decisions.map((r) => r.minute.toISOString()), texts(decisions.map((r) => r.decisions))],
    );
  }
}
