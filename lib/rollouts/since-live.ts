import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { enforcementIn } from '#lib/fleet/enforcement';
import { authorize } from '#lib/permissions';
import { stagesBegun } from './stages.ts';

/** Whether it is over: what became of the same thing since rules began to act on it. */
export type SinceLive = {
  /** When the first of the rules that act now left shadow; what came before, none of them was to stop. */
  since: Date;
  rules: string[];
  /** Flagged interactions of the same clusters since, as sent in: those that were served, and those that a rule blocked. */
  served: number;
  blocked: number;
  lastServedAt: Date | null;
  lastBlockedAt: Date | null;
  /** Of the last five minutes, per minute. */
  servedPerMinute: number;
  blockedPerMinute: number;
  /** Hits that changed an answer, by the instances' own counters: also of what is not sent in. */
  acted: number;
  /** Instances that the rules are meant for and that are silent: what they serve nobody knows. */
  silent: number;
  /** The last hour minute by minute, or what there is of it since live: oldest first, the running minute last, none left out. */
  minutes: LiveMinute[];
};

export type LiveMinute = { at: Date; served: number; blocked: number; acted: number };

type Of = { incidentId: string } | { mitigationId: string } | { clusterId: string };

type Acting = { id: string; ref: string; incidentId: string; publishedAt: Date; startsAt: Date | null };

/** Of an incident, one rule, or a cluster; null while no live rule against it acts: in shadow one stops nothing. */
export async function sinceLive(actor: Actor, of: Of): Promise<SinceLive | null> {
  authorize(actor, 'mitigation.read');
  const rules = await db.$queryRaw<Acting[]>`
    SELECT m.id::text AS id, 'R-' || m.number AS ref, m.incident_id::text AS "incidentId",
      m.published_at AS "publishedAt", m.starts_at AS "startsAt"
    FROM mitigation m
    WHERE m.state = 'live' AND m.mode = 'enforce' AND m.stage <> 'shadow' AND m.published_at IS NOT NULL
      AND (m.starts_at IS NULL OR m.starts_at <= now()) AND ${rulesOf(of)}
    ORDER BY m.published_at`;
  const [first] = rules;
  if (!first) return null;
  const since = new Date(Math.min(...(await Promise.all(rules.map(actsSince)))));
  const clusters =
    'clusterId' in of
      ? Prisma.sql`SELECT ${of.clusterId}::uuid AS cluster_id`
      : Prisma.sql`SELECT DISTINCT near.cluster_id FROM incident_interaction link
          JOIN cluster_member near ON near.interaction_id = link.interaction_id
          WHERE link.incident_id = ${first.incidentId}::uuid`;
  // What another rule stopped says nothing of this one.
  const byIt =
    'mitigationId' in of
      ? Prisma.sql`(item.blocked_by_id IS NULL OR item.blocked_by_id = ${of.mitigationId}::uuid)`
      : Prisma.sql`true`;
  const same = Prisma.sql`
    SELECT i.occurred_at AS at, item.blocked_by_id IS NOT NULL AS is_blocked
    FROM (${clusters}) AS cluster
    JOIN cluster_member member ON member.cluster_id = cluster.cluster_id AND member.joined_at >= ${since}::timestamptz
    JOIN interaction i ON i.id = member.interaction_id AND i.occurred_at >= ${since}::timestamptz
    JOIN queue_item item ON item.interaction_id = i.id
    -- What instances send back of their own hits is told a second time.
    WHERE i.source NOT LIKE 'fleet:%' AND ${byIt}`;
  const ids = rules.map(({ id }) => id);
  const [enforcement, [seen], [acted], minutes] = await Promise.all([
    enforcementIn(db, ids),
    db.$queryRaw<Omit<SinceLive, 'since' | 'rules' | 'acted' | 'silent' | 'minutes'>[]>`
      WITH same AS (${same})
      SELECT count(*) FILTER (WHERE NOT is_blocked)::int AS served, count(*) FILTER (WHERE is_blocked)::int AS blocked,
        max(at) FILTER (WHERE NOT is_blocked) AS "lastServedAt", max(at) FILTER (WHERE is_blocked) AS "lastBlockedAt",
        (count(*) FILTER (WHERE NOT is_blocked AND at > now() - interval '5 minutes') / 5.0)::float8 AS "servedPerMinute",
        (count(*) FILTER (WHERE is_blocked AND at > now() - interval '5 minutes') / 5.0)::float8 AS "blockedPerMinute"
      FROM same`,
    db.$queryRaw<{ acted: number }[]>`
      SELECT coalesce(sum(enforced), 0)::float8 AS acted FROM rule_hit_minute h JOIN mitigation m ON m.id = h.mitigation_id
      WHERE m.id = ANY(${ids}::uuid[]) AND h.minute >= date_trunc('minute', m.published_at)`,
    db.$queryRaw<LiveMinute[]>`
      WITH same AS (${same}),
        span AS (
          SELECT generate_series(
            greatest(date_trunc('minute', ${since}::timestamptz), date_trunc('minute', now()) - interval '59 minutes'),
            date_trunc('minute', now()), interval '1 minute') AS at
        ),
        seen AS (
          -- A source's clock may run ahead.
          SELECT date_trunc('minute', least(at, now())) AS at, count(*) FILTER (WHERE NOT is_blocked) AS served,
            count(*) FILTER (WHERE is_blocked) AS blocked
          FROM same WHERE at > now() - interval '61 minutes' GROUP BY 1
        ),
        counted AS (
          SELECT minute AS at, sum(enforced) AS acted FROM rule_hit_minute
          WHERE mitigation_id = ANY(${ids}::uuid[]) AND minute > now() - interval '61 minutes' GROUP BY 1
        )
      SELECT at, coalesce(served, 0)::int AS served, coalesce(blocked, 0)::int AS blocked,
        coalesce(acted, 0)::float8 AS acted
      FROM span LEFT JOIN seen USING (at) LEFT JOIN counted USING (at) ORDER BY at`,
  ]);
  if (!seen) return null;
  const silent = Math.max(...Object.values(enforcement).map(({ standings }) => standings.silent ?? 0));
  return { since, rules: rules.map(({ ref }) => ref), ...seen, acted: acted?.acted ?? 0, silent, minutes };
}

async function actsSince({ id, publishedAt, startsAt }: Acting): Promise<number> {
  const begun = await stagesBegun(db, id);
  const out = begun.find(({ stage }) => stage !== 'shadow')?.at ?? publishedAt;
  return Math.max(out.getTime(), startsAt?.getTime() ?? 0);
}

function rulesOf(of: Of): Prisma.Sql {
  if ('mitigationId' in of) return Prisma.sql`m.id = ${of.mitigationId}::uuid`;
  if ('incidentId' in of) return Prisma.sql`m.incident_id = ${of.incidentId}::uuid`;
  return Prisma.sql`m.incident_id IN (SELECT link.incident_id FROM cluster_member member
    JOIN incident_interaction link ON link.interaction_id = member.interaction_id
    WHERE member.cluster_id = ${of.clusterId}::uuid)`;
}
