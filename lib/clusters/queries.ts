import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { incidentRef } from '#lib/incidents/schema';
import type { Severity } from '#lib/interactions/schema';
import { authorize } from '#lib/permissions';
import { worstFinding } from '#lib/reviews/priority';
import { maskOne, maskTitles } from '#lib/secrets/queries';
import { decodePlace, encodePlace } from './cursor.ts';
import { clusterFacts } from './facts.ts';
import { type ClusterSort, clusterKey, clusterRef, type ListClusters, listClustersSchema } from './schema.ts';
import { readScope } from './scope.ts';
import { standingBatch } from './variants.ts';

type ListRow = {
  id: string;
  number: number;
  representativeId: string;
  scope: string;
  size: number;
  actors: number;
  tenants: number;
  rated: number;
  accepted: number;
  lastHour: number;
  firstAt: Date;
  lastAt: Date;
  severity: string;
  title: string;
  pending: number;
  decided: number;
  autoVerdict: string | null;
  autoUntil: Date | null;
};

const SORT_COLUMN: Record<ClusterSort, Prisma.Sql> = {
  size: Prisma.sql`c.size`,
  growth: Prisma.sql`c.last_hour`,
  newest: Prisma.sql`c.number`,
};
const sortValue = (row: ListRow, sort: ClusterSort): number =>
  ({ size: row.size, growth: row.lastHour, newest: row.number })[sort];

/** Clusters with what a person needs to choose where to look; the counts of decisions are exact, the rest as last counted. */
export async function listClusters(actor: Actor, filters: ListClusters = {}) {
  authorize(actor, 'cluster.read');
  const { sort, min, limit, cursor, state, category, language, severity } = listClustersSchema.parse(filters);
  const column = SORT_COLUMN[sort];
  const where = [
    Prisma.sql`c.size >= ${min}`,
    ...(category ? [Prisma.sql`split_part(c.scope, '/', 1) = ${category}`] : []),
    // The language is the scope's last part and may itself hold a slash.
    ...(language ? [Prisma.sql`regexp_replace(c.scope, '^[^/]*/[^/]*/', '') = ${language}`] : []),
    ...(severity ? [Prisma.sql`q.severity = ${severity}`] : []),
    ...(state === 'all' ? [] : [state === 'open' ? OPEN : Prisma.sql`NOT ${OPEN}`]),
  ];
  if (cursor !== undefined) {
    const [value, number] = decodePlace(cursor, ['number', 'number']);
    where.push(Prisma.sql`(${column}, c.number) < (${value}::int, ${number}::int)`);
  }
  const rows = await db.$queryRaw<ListRow[]>`
    SELECT c.id, c.number, c.representative_id AS "representativeId", c.scope, c.size, c.actors, c.tenants, c.rated, c.accepted, c.last_hour AS "lastHour",
      c.first_at AS "firstAt", c.last_at AS "lastAt", c.severity, coalesce(f.title, 'No finding') AS title,
      tally.pending, tally.decided, c.auto_verdict AS "autoVerdict", c.auto_until AS "autoUntil"
    FROM (
      SELECT c.*, q.severity FROM cluster c JOIN queue_item q ON q.interaction_id = c.representative_id
      WHERE ${Prisma.join(where, ' AND ')}
      ORDER BY ${column} DESC, c.number DESC LIMIT ${limit + 1}) c
    LEFT JOIN LATERAL (
      SELECT coalesce(message, rule, detector) AS title FROM finding
      WHERE interaction_id = c.representative_id ORDER BY severity <> c.severity, position LIMIT 1) f ON true
    CROSS JOIN LATERAL (
      SELECT (count(*) FILTER (WHERE item.state = 'pending'))::int AS pending,
        (count(*) FILTER (WHERE item.state = 'decided'))::int AS decided
      FROM cluster_member m JOIN queue_item item ON item.interaction_id = m.interaction_id
      WHERE m.cluster_id = c.id) tally
    ORDER BY ${column} DESC, c.number DESC`;
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const titled = await maskTitles(page.map((row) => ({ id: row.representativeId, title: row.title })));
  const titles = new Map(titled.map(({ id, title }) => [id, title]));
  return {
    items: page.map(({ scope, number, representativeId, autoVerdict, autoUntil, ...row }) => ({
      ref: clusterRef(number),
      number,
      ...row,
      title: titles.get(representativeId) ?? row.title,
      ...readScope(scope),
      automation: inForce(autoVerdict, autoUntil),
    })),
    nextCursor: rows.length > limit && last ? encodePlace([sortValue(last, sort), last.number]) : null,
  };
}

export type ClusterSummary = Awaited<ReturnType<typeof listClusters>>['items'][number];

const OPEN = Prisma.sql`EXISTS (SELECT 1 FROM cluster_member m
  JOIN queue_item item ON item.interaction_id = m.interaction_id AND item.state = 'pending'
  WHERE m.cluster_id = c.id)`;

function inForce<V>(verdict: V | null, until: Date | null): { verdict: V; until: Date } | null {
  return verdict !== null && until !== null && until > new Date() ? { verdict, until } : null;
}

/** One cluster: its representative (secrets masked), how it spread, and where its members stand. Throws `not_found`. */
export async function getCluster(actor: Actor, ref: string) {
  authorize(actor, 'cluster.read');
  const key = clusterKey(ref);
  const cluster = key && (await db.cluster.findFirst({ where: key }));
  if (!cluster) throw new AppError('not_found', `There is no cluster ${ref.slice(0, 80)}.`);
  const [representative, splitFrom, splitInto, shapes, facts, batches, by, policy] = await Promise.all([
    db.interaction.findUnique({ where: { id: cluster.representativeId }, select: shown }),
    cluster.splitFromId
      ? db.cluster.findUnique({ where: { id: cluster.splitFromId }, select: { number: true } })
      : null,
    db.cluster.findMany({
      where: { splitFromId: cluster.id },
      orderBy: { number: 'asc' },
      select: { number: true },
    }),
    db.clusterShape.count({ where: { clusterId: cluster.id } }),
    clusterFacts(cluster.id),
    batchesOf(cluster.id),
    cluster.autoById
      ? db.user.findUnique({ where: { id: cluster.autoById }, select: { id: true, name: true } })
      : null,
    cluster.autoPolicyId
      ? db.policy.findUnique({
          where: { id: cluster.autoPolicyId },
          select: { id: true, key: true, version: true, title: true },
        })
      : null,
  ]);
  const automation = inForce(cluster.autoVerdict, cluster.autoUntil);
  const [standing] = automation ? await standingOf(cluster.id) : [];
  return {
    id: cluster.id,
    ref: clusterRef(cluster.number),
    number: cluster.number,
    ...readScope(cluster.scope),
    size: cluster.size,
    shapes,
    actors: cluster.actors,
    tenants: cluster.tenants,
    rated: cluster.rated,
    accepted: cluster.accepted,
    lastHour: cluster.lastHour,
    firstAt: cluster.firstAt,
    lastAt: cluster.lastAt,
    /** When the six numbers above were counted; null while it is about to happen. */
    countedAt: cluster.statsAt,
    splitFrom: splitFrom && clusterRef(splitFrom.number),
    splitInto: splitInto.map(({ number }) => clusterRef(number)),
    automation: automation && {
      ...automation,
      by,
      policy,
      batchId: null,
      variants: 0,
      decided: 0,
      ...standing,
    },
    representative: representative && (await representativeOf(representative)),
    ...facts,
    batches,
    incidents: facts.incidents.map((incident) => ({ ref: incidentRef(incident.number), ...incident })),
  };
}

/** The newest decisions on many of its members at once, without their words: what waits again is reviewed blind. */
function batchesOf(clusterId: string) {
  return db.$queryRaw<{ id: string; kind: string; count: number; by: string | null; createdAt: Date }[]>`
    SELECT batch.id, batch.kind, batch.count, author.name AS by, batch.created_at AS "createdAt"
    FROM review_batch AS batch LEFT JOIN app_user AS author ON author.id = batch.actor_id
    WHERE batch.cluster_id = ${clusterId}::uuid ORDER BY batch.created_at DESC LIMIT 10`;
}

/** The batch of the standing decision in force, the variants that it covers, and how many it decided. */
function standingOf(clusterId: string) {
  return db.$queryRaw<{ batchId: string; variants: number; decided: number }[]>`
    SELECT batch.id AS "batchId", batch.count AS decided, (SELECT count(DISTINCT variant)::int FROM batch_shown
      WHERE batch_id = batch.id) AS variants
    FROM review_batch AS batch WHERE batch.id = ${standingBatch(Prisma.sql`${clusterId}::uuid`)}`;
}

export type ClusterDetail = Awaited<ReturnType<typeof getCluster>>;

const shown = {
  id: true,
  modelName: true,
  modelVersion: true,
  surface: true,
  language: true,
  path: true,
  prompt: true,
  before: true,
  completion: true,
  receivedAt: true,
  findings: {
    orderBy: { position: 'asc' },
    select: {
      position: true,
      detector: true,
      rule: true,
      category: true,
      severity: true,
      cwe: true,
      message: true,
      start: true,
      end: true,
    },
  },
  queueItem: { select: { state: true, severity: true, verdict: true } },
} as const satisfies Prisma.InteractionSelect;

type Shown = Prisma.InteractionGetPayload<{ select: typeof shown }>;

async function representativeOf(stored: Shown) {
  const masked = await maskOne(stored);
  const { queueItem, secrets, uncovered: _, ...row } = masked;
  const worst = worstFinding(
    row.findings.map((found) => ({ ...found, severity: found.severity as Severity })),
  );
  return {
    ...row,
    secrets: secrets.length,
    severity: queueItem?.severity ?? worst?.severity ?? null,
    title: worst ? (worst.message ?? worst.rule ?? worst.detector) : 'No finding',
    state: queueItem?.state ?? null,
    verdict: queueItem?.verdict ?? null,
  };
}
