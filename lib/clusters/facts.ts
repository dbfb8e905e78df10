import { db } from '#lib/db';
import { OUTCOMES } from '#lib/interactions/schema';

/** Buckets of the chart of sizes over time, at most. */
const BUCKETS = 48;
/** Values of each kind that are named; the rest is summed as null. */
const NAMED = 12;

const STEPS_MINUTES = [1, 5, 15, 60, 180, 720, 1_440, 10_080, 43_200] as const;

export type Count = { value: string | null; count: number };

type Incident = {
  id: string;
  number: number;
  title: string;
  state: string;
  severity: string;
  members: number;
};
type Standing = { state: string; verdict: string | null; policyTitle: string | null; count: number };

/** What is counted from a cluster's members when somebody looks at it. Not guarded: for queries that have authorized. */
export async function clusterFacts(clusterId: string) {
  const [over, standing, spread, incidents] = await Promise.all([
    sizesOverTime(clusterId),
    db.$queryRaw<Standing[]>`
      SELECT item.state, item.verdict, policy.title AS "policyTitle", count(*)::int AS count
      FROM cluster_member member
      JOIN queue_item item ON item.interaction_id = member.interaction_id
      LEFT JOIN policy ON policy.id = item.policy_id
      WHERE member.cluster_id = ${clusterId}::uuid
      GROUP BY item.state, item.verdict, policy.title ORDER BY count(*) DESC, item.verdict`,
    spreadOver(clusterId),
    db.$queryRaw<Incident[]>`
      SELECT incident.id, incident.number, incident.title, incident.state, incident.severity, count(*)::int AS members
      FROM cluster_member member
      JOIN incident_interaction link ON link.interaction_id = member.interaction_id
      JOIN incident ON incident.id = link.incident_id
      WHERE member.cluster_id = ${clusterId}::uuid
      GROUP BY incident.id ORDER BY incident.number DESC LIMIT 50`,
  ]);
  return {
    pending: standing.filter(({ state }) => state === 'pending').reduce((sum, { count }) => sum + count, 0),
    decided: standing.flatMap(({ verdict, policyTitle, count }) =>
      verdict === null ? [] : [{ verdict, policyTitle, count }],
    ),
    overTime: over,
    spread,
    incidents,
  };
}

async function sizesOverTime(clusterId: string) {
  const [span] = await db.$queryRaw<{ first: Date | null; minutes: number }[]>`
    SELECT min(i.received_at) AS first,
      coalesce(extract(epoch FROM max(i.received_at) - min(i.received_at)) / 60, 0)::float8 AS minutes
    FROM cluster_member member JOIN interaction i ON i.id = member.interaction_id
    WHERE member.cluster_id = ${clusterId}::uuid`;
  const minutes = span?.minutes ?? 0;
  const stepMinutes =
    STEPS_MINUTES.find((step) => minutes / step < BUCKETS - 1) ?? Math.ceil(minutes / BUCKETS);
  const buckets = await db.$queryRaw<{ at: Date; arrived: number }[]>`
    SELECT date_bin(make_interval(mins => ${stepMinutes}::int), i.received_at, 'epoch'::timestamptz) AS at,
      count(*)::int AS arrived
    FROM cluster_member member JOIN interaction i ON i.id = member.interaction_id
    WHERE member.cluster_id = ${clusterId}::uuid
    GROUP BY 1 ORDER BY 1`;
  let size = 0;
  return {
    stepMinutes,
    buckets: buckets.map(({ at, arrived }) => {
      size += arrived;
      return { at, arrived, size };
    }),
  };
}

/** Who is touched: members by model, tenant, tier and outcome, the most frequent named. */
async function spreadOver(clusterId: string) {
  const rows = await db.$queryRaw<{ kind: string; value: string | null; count: number }[]>`
    WITH member_of AS MATERIALIZED (
      SELECT i.model_name || ' ' || i.model_version AS model, i.tenant, i.tier,
        coalesce((SELECT o.outcome FROM outcome o WHERE o.interaction_id = i.id
          ORDER BY o.occurred_at DESC, array_position(${[...OUTCOMES]}::text[], o.outcome) DESC LIMIT 1), i.outcome) AS outcome
      FROM cluster_member member JOIN interaction i ON i.id = member.interaction_id
      WHERE member.cluster_id = ${clusterId}::uuid)
    SELECT kind, value, count(*)::int AS count
    FROM member_of, LATERAL (VALUES ('models', model), ('tenants', tenant), ('tiers', tier), ('outcomes', outcome))
      AS each (kind, value)
    GROUP BY kind, value ORDER BY count(*) DESC, value`;
  const of = (kind: string): Count[] => {
    const all = rows.filter((row) => row.kind === kind && row.value !== null);
    const named = all.slice(0, NAMED).map(({ value, count }) => ({ value, count }));
    const unnamed = rows.filter((row) => row.kind === kind && row.value === null);
    const rest = [...all.slice(NAMED), ...unnamed].reduce((sum, { count }) => sum + count, 0);
    return rest > 0 ? [...named, { value: null, count: rest }] : named;
  };
  return { models: of('models'), tenants: of('tenants'), tiers: of('tiers'), outcomes: of('outcomes') };
}
