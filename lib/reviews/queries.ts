import type { Actor } from '#lib/actor';
import { matching } from '#lib/claims/matching';
import { db, Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { decodeCursor, encodeCursor } from '#lib/interactions/cursor';
import type { Severity } from '#lib/interactions/schema';
import { authorize, can } from '#lib/permissions';
import { maskedText } from '#lib/secrets/mask';
import { maskOne } from '#lib/secrets/queries';
import { type Band, bandOf, type SpreadStats, whyOf } from './priority.ts';
import { reopenable } from './reopen.ts';
import type { ListQueue, Stage, Verdict } from './schema.ts';
import { clusterTally, disagreementOn, workItemSelect } from './work-item.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Counts go no further than this, so that they cost the same at a million pending. */
export const COUNTED = 10_000;
const COUNTED_LANGUAGE = 1_000;

export type QueueRow = {
  id: string;
  queue: string;
  stage: Stage;
  severity: string;
  category: string;
  language: string;
  title: string;
  model: string;
  surface: string;
  path: string | null;
  receivedAt: Date;
  dueAt: Date;
  band: Band;
  /** One line: why it stands where it stands. */
  why: string;
  cluster: { ref: string; size: number } | null;
  heldBy: string | null;
  heldUntil: Date | null;
  /** Set where the holder keeps it beyond a lease. */
  holdReason: string | null;
  mine: boolean;
  /** To whom it was handed, by whom and with what note, until that time is over. */
  handedTo: string | null;
  handedBy: string | null;
  handoverNote: string | null;
  /** The reader passed on it: it is hidden from their claims only. */
  skipped: boolean;
};

type ListedRow = Omit<QueueRow, 'band' | 'why' | 'cluster'> & {
  spread: number;
  cluster: ({ number: number } & SpreadStats) | null;
};

/** Pending interactions, due first. Lists none that waits for a lead unless that stage is asked for. */
export async function listQueue(actor: Actor, filters: ListQueue) {
  authorize(actor, 'interaction.read');
  const me = actor.kind === 'user' ? actor.id : null;
  const held = Prisma.sql`COALESCE(item.lease_expires_at > now(), false)`;
  const handed = Prisma.sql`COALESCE(item.assigned_until > now(), false)`;
  const where = [Prisma.sql`item.state = 'pending' ${matching(filters)}`];
  if (filters.holder === 'mine') {
    // Two indexed look-ups; an OR of the two would be looked for in the order of the whole queue.
    where.push(Prisma.sql`item.interaction_id IN (
      SELECT interaction_id FROM queue_item WHERE lease_holder_id = ${me}::uuid AND lease_expires_at > now()
      UNION ALL
      SELECT interaction_id FROM queue_item WHERE assignee_id = ${me}::uuid AND assigned_until > now())`);
    if (filters.stage) where.push(Prisma.sql`item.stage = ${filters.stage}`);
  } else where.push(Prisma.sql`item.stage = ${filters.stage ?? 'review'}`);
  if (filters.cursor !== undefined) {
    const { at, id } = decodeCursor(filters.cursor);
    where.push(
      Prisma.sql`(item.due_at, item.interaction_id) > (${at.toISOString()}::timestamptz, ${id}::uuid)`,
    );
  }
  const rows = await db.$queryRaw<ListedRow[]>`
    WITH page AS MATERIALIZED (
      SELECT item.* FROM queue_item AS item WHERE ${Prisma.join(where, ' AND ')}
      ORDER BY item.due_at, item.interaction_id LIMIT ${filters.limit + 1}
    )
    SELECT item.interaction_id AS id, queue.name AS queue, item.stage, item.severity, item.category, item.language,
      item.spread, COALESCE(finding.message, finding.rule, finding.detector, 'No finding') AS title,
      interaction.model_name || ' ' || interaction.model_version AS model, interaction.surface, interaction.path,
      item.received_at AS "receivedAt", item.due_at AS "dueAt",
      CASE WHEN ${held} THEN holder.name END AS "heldBy",
      CASE WHEN ${held} THEN item.lease_expires_at END AS "heldUntil",
      CASE WHEN ${held} THEN item.hold_reason END AS "holdReason",
      COALESCE(${held} AND item.lease_holder_id = ${me}::uuid, false) AS mine,
      CASE WHEN ${handed} THEN assignee.name END AS "handedTo",
      CASE WHEN ${handed} THEN assigner.name END AS "handedBy",
      CASE WHEN ${handed} THEN item.handover_note END AS "handoverNote",
      EXISTS (SELECT 1 FROM queue_skip AS skip
        WHERE skip.interaction_id = item.interaction_id AND skip.reviewer_id = ${me}::uuid) AS skipped,
      CASE WHEN cluster.id IS NOT NULL THEN json_build_object('number', cluster.number, 'size', cluster.size,
        'actors', cluster.actors, 'tenants', cluster.tenants, 'rated', cluster.rated, 'accepted', cluster.accepted,
        'lastHour', cluster.last_hour) END AS cluster
    FROM page AS item
    JOIN interaction ON interaction.id = item.interaction_id
    JOIN queue ON queue.id = item.queue_id
    LEFT JOIN app_user AS holder ON holder.id = item.lease_holder_id
    LEFT JOIN app_user AS assignee ON assignee.id = item.assignee_id
    LEFT JOIN app_user AS assigner ON assigner.id = item.assigned_by_id
    LEFT JOIN cluster_member AS member ON member.interaction_id = item.interaction_id
    LEFT JOIN cluster ON cluster.id = member.cluster_id
    LEFT JOIN LATERAL (
      SELECT message, rule, detector FROM finding
      WHERE finding.interaction_id = item.interaction_id
      ORDER BY (finding.severity = item.severity) DESC, position LIMIT 1
    ) AS finding ON true
    ORDER BY item.due_at, item.interaction_id`;
  const items = rows.slice(0, filters.limit).map(
    ({ spread, cluster, ...row }): QueueRow => ({
      ...row,
      // A detector's message may quote what it found.
      title: maskedText(row.title),
      band: bandOf(row.severity as Severity, spread),
      why: whyOf(cluster),
      cluster: cluster && { ref: `C-${cluster.number}`, size: cluster.size },
    }),
  );
  const last = items.at(-1);
  return {
    items,
    nextCursor: rows.length > filters.limit && last ? encodeCursor({ at: last.dueAt, id: last.id }) : null,
  };
}

/**
 * What the queue's header says. Counts stop at COUNTED, where `capped` is true; `oldestReceivedAt` is the oldest of
 * those that are due first. `today` counts the actor's own decisions since midnight UTC.
 */
export async function queueSummary(actor: Actor) {
  authorize(actor, 'interaction.read');
  const midnight = new Date();
  midnight.setUTCHours(0, 0, 0, 0);
  const [[waiting], [stopped], languages, today] = await Promise.all([
    db.$queryRaw<{ pending: number; oldest: Date | null }[]>`
      SELECT count(*)::int AS pending, min(received_at) AS oldest FROM (
        SELECT received_at FROM queue_item WHERE state = 'pending' AND stage = 'review'
        ORDER BY due_at, interaction_id LIMIT ${COUNTED + 1}) AS first`,
    // Out of the queue: a live rule kept them from being served.
    db.$queryRaw<{ blocked: number }[]>`
      SELECT count(*)::int AS blocked FROM (
        SELECT 1 FROM queue_item WHERE state = 'blocked' LIMIT ${COUNTED + 1}) AS first`,
    // One index probe for each language, however many items there are.
    db.$queryRaw<{ language: string; pending: number }[]>`
      WITH RECURSIVE known (language) AS (
        (SELECT language FROM queue_item WHERE state = 'pending' AND stage = 'review' ORDER BY language LIMIT 1)
        UNION ALL
        SELECT (SELECT item.language FROM queue_item AS item
          WHERE item.state = 'pending' AND item.stage = 'review' AND item.language > known.language
          ORDER BY item.language LIMIT 1)
        FROM known WHERE known.language IS NOT NULL
      )
      SELECT known.language, counted.pending FROM known
      CROSS JOIN LATERAL (SELECT count(*)::int AS pending FROM (
        SELECT 1 FROM queue_item AS item WHERE item.state = 'pending' AND item.stage = 'review'
          AND item.language = known.language LIMIT ${COUNTED_LANGUAGE + 1}) AS few) AS counted
      WHERE known.language IS NOT NULL ORDER BY counted.pending DESC, known.language LIMIT 50`,
    actor.kind === 'user'
      ? db.review.count({ where: { reviewerId: actor.id, createdAt: { gte: midnight } } })
      : 0,
  ]);
  const pending = waiting?.pending ?? 0;
  return {
    pending: Math.min(pending, COUNTED),
    capped: pending > COUNTED,
    oldestReceivedAt: waiting?.oldest ?? null,
    /** At most one more than is counted. */
    blocked: stopped?.blocked ?? 0,
    languages: languages.map(({ language, pending }) => ({
      language,
      pending: Math.min(pending, COUNTED_LANGUAGE),
      capped: pending > COUNTED_LANGUAGE,
    })),
    today,
  };
}

/** Every pending interaction, counted exactly: it reads an index over all of them, so not for what is asked often. */
export async function countPending(actor: Actor): Promise<number> {
  authorize(actor, 'interaction.read');
  return db.queueItem.count({ where: { state: 'pending' } });
}

/**
 * One interaction as its reviewer sees it: secrets masked, and blind, so neither another's review of it nor whether
 * its answer is known is in here. Throws `not_found` for what never was in the queue.
 */
export async function getWorkItem(actor: Actor, interactionId: string) {
  authorize(actor, 'interaction.read');
  const row = UUID.test(interactionId)
    ? await db.interaction.findUnique({ where: { id: interactionId }, select: workItemSelect })
    : null;
  if (!row?.queueItem) throw new AppError('not_found', 'This interaction is not in the review queue.');
  const { queueItem, clusterMember, incidents, outcomes, ...interaction } = row;
  const person = actor.kind === 'user' ? actor : null;
  const found = clusterMember?.cluster ?? null;
  const settling = queueItem.state === 'pending' && queueItem.stage === 'adjudication';
  const [{ secrets, ...shown }, tally, disagreement, handedBy] = await Promise.all([
    maskOne(interaction),
    found && clusterTally(found.id, row.id),
    settling && person && can(person, 'review.adjudicate') ? disagreementOn(person, row.id) : null,
    queueItem.assignedById && queueItem.assigneeId === person?.id
      ? db.user.findUnique({ where: { id: queueItem.assignedById }, select: { name: true } })
      : null,
  ]);
  const severity = queueItem.severity as Severity;
  return {
    ...shown,
    title: titleOf(shown.findings, severity),
    severity,
    category: queueItem.category,
    outcome: outcomes[0]?.outcome ?? row.outcome,
    secrets: secrets.length,
    /** What is masked, by the rule that found it. */
    secretRules: secrets.map(({ rule }) => rule),
    queue: queueItem.queue,
    // A golden item is decided already; to whoever is asked about it, it is one like any other.
    stage: queueItem.state === 'pending' ? (queueItem.stage as Stage) : 'review',
    dueAt: queueItem.dueAt,
    band: bandOf(severity, queueItem.spread),
    why: whyOf(found),
    cluster: found && tally && { id: found.id, ref: `C-${found.number}`, size: found.size, ...tally },
    handover: handedBy && { by: handedBy.name, note: queueItem.handoverNote ?? '' },
    disagreement,
    incidents: incidents.map(({ incident }) => ({ ref: `INC-${incident.number}`, title: incident.title })),
  };
}

export type WorkItem = Awaited<ReturnType<typeof getWorkItem>>;

/**
 * The actor's own word on an item, for a browser that sent its decision and never heard the answer; null without one.
 * `reviewId` is what taking it back needs.
 */
export async function ownDecision(actor: Actor, interactionId: string) {
  authorize(actor, 'review.decide');
  if (actor.kind !== 'user') return null;
  const [own] = await db.$queryRaw<{ reviewId: string; verdict: Verdict; note: string | null }[]>`
    SELECT id AS "reviewId", verdict, note FROM review
    WHERE interaction_id = ${interactionId}::uuid AND reviewer_id = ${actor.id}::uuid
    UNION ALL
    SELECT lease_token, verdict, note FROM golden_answer
    WHERE interaction_id = ${interactionId}::uuid AND reviewer_id = ${actor.id}::uuid AND verdict IS NOT NULL
    LIMIT 1`;
  return own ?? null;
}

/** Whether the actor may reopen a decision that the page shows: `why` not, or null. Null where there is nothing to reopen. */
export async function reopenChoice(
  actor: Actor,
  shown: { id: string; reviews: readonly unknown[] },
): Promise<{ why: string | null } | null> {
  if (actor.kind !== 'user' || !can(actor, 'review.decide') || shown.reviews.length === 0) return null;
  try {
    await reopenable(db, actor, shown.id);
    return { why: null };
  } catch (error) {
    if (error instanceof AppError) return { why: error.message };
    throw error;
  }
}

export type ReopenChoice = NonNullable<Awaited<ReturnType<typeof reopenChoice>>>;

type Titled = { severity: string; message: string | null; rule: string | null; detector: string };

function titleOf(findings: readonly Titled[], severity: string): string {
  const worst = findings.find((finding) => finding.severity === severity) ?? findings[0];
  return worst ? (worst.message ?? worst.rule ?? worst.detector) : 'No finding';
}
