import type { Actor, UserActor } from '#lib/actor';
import { personIn } from '#lib/claims/lease';
import { db, Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import { isBlind } from '#lib/reviews/blind';
import { MAX_BATCH, type Verdict } from '#lib/reviews/schema';
import { reviewSettings } from '#lib/settings/queries';
import {
  countDecidable,
  decidable,
  firstDecidable,
  handedToAnother,
  heldByAnother,
  meant,
  mustExist,
  reviewedBy,
} from './chosen.ts';
import { reasonsOf, standing } from './reverse.ts';
import { BREAKDOWNS, type Breakdown, type PreviewBatch, type Reason, VARIANTS_STEP } from './schema.ts';
import { variantsOf } from './variants.ts';

/** Values of each figure that are named; the rest is summed. */
const NAMED = 12;

export type Count = { value: string | null; count: number };

/**
 * What one word would decide, before it does: what a person must look at, at most `limit` variants; exactly how many
 * those stand for, what stays out and why, and what they are. `shown` are the items that count as looked at, `count` is
 * what one batch of those takes, and the verb expects both; `total` is all there are, `unseen` the variants of them that
 * are not among the shown. What a filter matches is pending, so of decided ones only a cluster's are told.
 * Throws `not_found` for a cluster or queue there is not.
 */
export async function previewBatch(actor: Actor, input: PreviewBatch, limit: number = VARIANTS_STEP) {
  authorize(actor, 'review.batch');
  const person = personIn(actor);
  await mustExist(db, input);
  const [total, excluded, breakdown, { items, ...variants }] = await Promise.all([
    countDecidable(db, person, input),
    excludedFrom(person, input),
    breakdownOf(person, input),
    variantsOf(db, person, input, limit),
  ]);
  const whole = items.filter(({ isWhole }) => isWhole);
  const shown = whole.map(({ id }) => id);
  const count = Math.min(await countDecidable(db, person, input, shown), MAX_BATCH);
  return {
    count,
    total,
    shown,
    unseen: variants.openTotal - whole.filter(({ open }) => open > 0).length,
    excluded,
    breakdown,
    variants: { items, total: variants.total },
  };
}

export type BatchPreview = Awaited<ReturnType<typeof previewBatch>>;

async function excludedFrom(person: UserActor, input: PreviewBatch): Promise<Reason[]> {
  const whole =
    'clusterId' in input || input.filter.cluster !== undefined || input.filter.items !== undefined;
  const state = whole ? Prisma.empty : Prisma.sql`AND item.state = 'pending'`;
  return db.$queryRaw<Reason[]>`
    SELECT reason, count(*)::int AS count FROM (
      SELECT CASE WHEN item.state = 'decided' THEN 'decided already'
        WHEN item.stage = 'adjudication' THEN 'waiting for a lead to settle a disagreement'
        WHEN item.stage = 'lead' THEN 'raised to a lead'
        WHEN ${reviewedBy(person)} THEN 'reviewed by you already'
        WHEN ${heldByAnother(person)} THEN 'held by somebody else'
        WHEN ${handedToAnother(person)} THEN 'handed over to somebody else' END AS reason
      FROM queue_item AS item WHERE ${meant(input)} ${state} AND NOT (${decidable(person)})) AS others
    WHERE reason IS NOT NULL GROUP BY reason ORDER BY count(*) DESC, reason`;
}

async function breakdownOf(
  person: UserActor,
  input: PreviewBatch,
): Promise<Record<Breakdown, { named: Count[]; rest: number }>> {
  const rows = await db.$queryRaw<(Count & { kind: Breakdown })[]>`
    WITH chosen AS MATERIALIZED (${firstDecidable(person, input)}),
    facts AS (
      SELECT item.severity, item.category, item.language, i.tenant,
        i.model_name || ' ' || i.model_version AS model
      FROM chosen JOIN queue_item AS item USING (interaction_id) JOIN interaction AS i ON i.id = interaction_id)
    SELECT kind, value, count(*)::int AS count
    FROM facts, LATERAL (VALUES ('severity', severity), ('category', category), ('language', language),
      ('model', model), ('tenant', tenant)) AS each (kind, value)
    GROUP BY kind, value
    UNION ALL
    SELECT 'detector', finding.detector, count(DISTINCT finding.interaction_id)::int
    FROM chosen JOIN finding USING (interaction_id) GROUP BY finding.detector
    ORDER BY count DESC, value`;
  const of = (kind: Breakdown) => {
    const all = rows.filter((row) => row.kind === kind).map(({ value, count }) => ({ value, count }));
    const rest = all.slice(NAMED).reduce((sum, { count }) => sum + count, 0);
    return { named: all.slice(0, NAMED), rest };
  };
  return Object.fromEntries(BREAKDOWNS.map((kind) => [kind, of(kind)])) as Record<
    Breakdown,
    ReturnType<typeof of>
  >;
}

/**
 * One batch with where it stands: how many of its decisions are in force, how many wait for a second review, and
 * what reversing it would leave as it is. `verdict`, `policyTitle` and `note` are null for whoever may yet review one of
 * its items, which all wait again once it is reversed: their own review must be blind. Throws `not_found`.
 */
export async function getBatch(actor: Actor, batchId: string) {
  authorize(actor, 'interaction.read');
  const batch = await db.reviewBatch.findUnique({ where: { id: batchId } });
  if (!batch) throw new AppError('not_found', 'There is no such batch.');
  const { batchReverseHours: hours } = await reviewSettings();
  const [items, [counts], author, policy, cluster] = await Promise.all([
    batch.reversedAt ? [] : standing(db, batch.id, hours, 'only look'),
    db.$queryRaw<{ waiting: number; left: number }[]>`
      SELECT count(*) FILTER (WHERE item.state = 'pending')::int AS waiting, count(*)::int AS left
      FROM review JOIN queue_item AS item USING (interaction_id) WHERE review.batch_id = ${batch.id}::uuid`,
    batch.actorId ? db.user.findUnique({ where: { id: batch.actorId }, select: { name: true } }) : null,
    batch.policyId ? db.policy.findUnique({ where: { id: batch.policyId } }) : null,
    batch.clusterId ? db.cluster.findUnique({ where: { id: batch.clusterId } }) : null,
  ]);
  const { waiting, left } = counts ?? { waiting: 0, left: 0 };
  const mine = actor.kind === 'user' && batch.actorId === actor.id;
  const hidden = (waiting > 0 || batch.reversedAt !== null) && !mine && isBlind(actor);
  const reversible = items.filter(({ kept }) => kept === null).length;
  return {
    id: batch.id,
    kind: batch.kind,
    by: author?.name ?? 'nobody any more',
    mine,
    verdict: hidden ? null : (batch.verdict as Verdict),
    policyTitle: hidden ? null : (policy?.title ?? null),
    note: hidden ? null : batch.note,
    /** How many it decided then, and how many of those reviews are still there. */
    count: batch.count,
    left,
    /** Of those, how many wait for another person or a lead. */
    waiting,
    cluster: cluster && { id: cluster.id, ref: `C-${cluster.number}` },
    filter: (batch.filter ?? null) as Record<string, string> | null,
    createdAt: batch.createdAt,
    reversedAt: batch.reversedAt,
    hours,
    mayReverse:
      actor.kind === 'user' && (mine || actor.role === 'lead') && !batch.reversedAt && reversible > 0,
    reversible,
    kept: reasonsOf(items, hours),
  };
}
