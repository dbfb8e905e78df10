import { db } from '#lib/db';
import { IN_FLEET, IS_FRESH } from './members.ts';
import type { Trouble } from './troubles.ts';

const NAMED_MAX = 200;

/** Rules that go on and are out of the ordinary somewhere, in the words of the instances. */
export async function ruleAlarms(): Promise<Trouble[]> {
  const rows = await db.$queryRaw<
    { instanceId: string; ref: string | null; reason: string; lastSeenAt: Date }[]
  >`
    SELECT i.id AS "instanceId", 'R-' || m.number AS ref, a ->> 'reason' AS reason, i.last_seen_at AS "lastSeenAt"
    FROM instance i CROSS JOIN LATERAL jsonb_array_elements(i.alarms) AS a
    LEFT JOIN mitigation m ON m.id::text = a ->> 'ruleId'
    WHERE i.alarms <> '[]'::jsonb AND ${IN_FLEET}
    ORDER BY i.id LIMIT ${NAMED_MAX}`;
  return rows.map(({ instanceId, ref, reason, lastSeenAt }) => ({
    instanceId,
    text: `raises an alarm about ${ref ?? 'a rule'}, which goes on: ${reason}`,
    lastSeenAt,
  }));
}

type Unnamed = {
  field: string;
  decisions: number;
  without: number;
  instances: number;
  /** Where most of them were. */
  worst: string;
  lastSeenAt: Date;
};

/** Decisions of the last five minutes that named nothing by which live rules are scoped, one sentence for each field. */
export async function unnamedDecisions(): Promise<Trouble[]> {
  const rows = await db.$queryRaw<Unnamed[]>`
    SELECT u.field, sum(u.decisions)::float8 AS decisions, sum(u.without)::float8 AS without,
      count(*)::int AS instances, (array_agg(i.id ORDER BY u.without DESC, i.id))[1] AS worst,
      max(i.last_seen_at) AS "lastSeenAt"
    FROM instance i CROSS JOIN LATERAL
      jsonb_to_recordset(i.unnamed) AS u (field text, decisions bigint, without bigint)
    WHERE i.unnamed <> '[]'::jsonb AND ${IN_FLEET} AND ${IS_FRESH} AND u.decisions > 0
    GROUP BY u.field ORDER BY sum(u.without) DESC, u.field`;
  return rows.map((row) => ({
    instanceId: row.worst,
    text: unnamedWords(row),
    isWhole: true,
    lastSeenAt: row.lastSeenAt,
  }));
}

const count = (n: number) => n.toLocaleString('en');

/** "31 % of decisions name no tenant …"; the share is of the instances where any were. */
export function unnamedWords({
  field,
  decisions,
  without,
  instances,
  worst,
}: Omit<Unnamed, 'lastSeenAt'>): string {
  const share = (100 * without) / decisions;
  const percent = share >= 10 ? Math.round(share) : Number(share.toPrecision(2));
  const where = instances === 1 ? `on ${worst}` : `on ${count(instances)} instances, most on ${worst}`;
  return (
    `${percent} % of decisions name no ${field} (${count(without)} of ${count(decisions)} in the last five minutes, ${where}). ` +
    `Rules that are scoped by ${field} do not hold for them: send \`${field}\` with each request.`
  );
}
