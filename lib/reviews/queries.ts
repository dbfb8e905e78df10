import type { Actor } from '#lib/actor';
import { standingWait } from '#lib/clusters/standing-wait';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { CATEGORIES, SEVERITIES, type Severity } from '#lib/interactions/schema';
import { authorize, can } from '#lib/permissions';
import { maskOne } from '#lib/secrets/queries';
import { bandOf, whyOf } from './priority.ts';
import { reopenable } from './reopen.ts';
import type { Stage, Verdict } from './schema.ts';
import { clusterTally, disagreementOn, workItemSelect } from './work-item.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Counts go no further than this, so that they cost the same at a million pending. */
export const COUNTED = 10_000;
const COUNTED_EACH = 1_000;

/**
 * What the queue's header says. Counts stop at COUNTED, where `capped` is true; `oldestReceivedAt` is the oldest of
 * those that are due first. `today` counts the actor's own decisions since midnight UTC.
 */
export async function queueSummary(actor: Actor) {
  authorize(actor, 'interaction.read');
  const midnight = new Date();
  midnight.setUTCHours(0, 0, 0, 0);
  const [[waiting], [stopped], languages, kinds, today] = await Promise.all([
    db.$queryRaw<{ pending: number; oldest: Date | null }[]>`
      SELECT count(*)::int AS pending, min(received_at) AS oldest FROM (
        SELECT received_at FROM queue_item WHERE state = 'pending' AND stage = 'review'
        ORDER BY due_at, interaction_id LIMIT ${COUNTED + 1}) AS first`,
    // Out of the queue: a live rule kept them from being served.
    db.$queryRaw<{ blocked: number }[]>`
      SELECT count(*)::int AS blocked FROM (
        SELECT 1 FROM queue_item WHERE state = 'blocked' LIMIT ${COUNTED + 1}) AS first`,
    // One index probe for each language, however many items there are.
    db.$queryRaw<Counted[]>`
      WITH RECURSIVE known (language) AS (
        (SELECT language FROM queue_item WHERE state = 'pending' AND stage = 'review' ORDER BY language LIMIT 1)
        UNION ALL
        SELECT (SELECT item.language FROM queue_item AS item
          WHERE item.state = 'pending' AND item.stage = 'review' AND item.language > known.language
          ORDER BY item.language LIMIT 1)
        FROM known WHERE known.language IS NOT NULL
      )
      SELECT known.language AS value, counted.pending FROM known
      CROSS JOIN LATERAL (SELECT count(*)::int AS pending FROM (
        SELECT 1 FROM queue_item AS item WHERE item.state = 'pending' AND item.stage = 'review'
          AND item.language = known.language LIMIT ${COUNTED_EACH + 1}) AS few) AS counted
      WHERE known.language IS NOT NULL ORDER BY counted.pending DESC, known.language LIMIT 50`,
    db.$queryRaw<(Counted & { kind: 'severity' | 'category' })[]>`
      SELECT 'severity' AS kind, each.value, counted.pending FROM unnest(${[...SEVERITIES]}::text[]) AS each (value)
      CROSS JOIN LATERAL (SELECT count(*)::int AS pending FROM (
        SELECT 1 FROM queue_item AS item WHERE item.state = 'pending' AND item.stage = 'review'
          AND item.severity = each.value LIMIT ${COUNTED_EACH + 1}) AS few) AS counted
      UNION ALL
      SELECT 'category', each.value, counted.pending FROM unnest(${[...CATEGORIES]}::text[]) AS each (value)
      CROSS JOIN LATERAL (SELECT count(*)::int AS pending FROM (
        SELECT 1 FROM queue_item AS item WHERE item.state = 'pending' AND item.stage = 'review'
          AND item.category = each.value LIMIT ${COUNTED_EACH + 1}) AS few) AS counted`,
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
    languages: languages.map(capped),
    severities: kinds.filter(({ kind }) => kind === 'severity').map(capped),
    categories: kinds.filter(({ kind }) => kind === 'category').map(capped),
    today,
  };
}

type Counted = { value: string; pending: number };

/** How many wait for anybody of one kind; more than `pending` where it is `capped`. */
export type Facet = ReturnType<typeof capped>;

function capped({ value, pending }: Counted) {
  return { value, pending: Math.min(pending, COUNTED_EACH), capped: pending > COUNTED_EACH };
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
  const [{ secrets, ...shown }, tally, waits, disagreement, handedBy] = await Promise.all([
    maskOne(interaction),
    found && clusterTally(found.id, row.id),
    found && standingWait(row.id),
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
    cluster: found && tally && { id: found.id, ref: `C-${found.number}`, size: found.size, ...tally, waits },
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
