import type { Actor } from '#lib/actor';
import { recordEvents } from '#lib/audit/record';
import { Prisma, type Tx } from '#lib/db';
import { newId } from '#lib/ids';
import { clusterRef } from './schema.ts';
import { standingBatch } from './variants.ts';
import type { NewMember } from './write.ts';

type Standing = {
  clusterId: string;
  number: number;
  verdict: string;
  policyId: string | null;
  policy: string | null;
  leadId: string;
  lead: string;
  batchId: string;
};

/** Standing decisions in force; one ends with its time, with its policy's version, and with its lead's role. */
async function standingDecisions(tx: Tx, clusterIds: string[]): Promise<Standing[]> {
  return tx.$queryRaw<Standing[]>`
    SELECT c.id AS "clusterId", c.number, c.auto_verdict AS verdict, c.auto_policy_id AS "policyId",
      CASE WHEN p.id IS NULL THEN NULL ELSE p.key || ' v' || p.version END AS policy,
      lead.id AS "leadId", lead.name AS lead, batch.id AS "batchId"
    FROM cluster c
    JOIN app_user lead ON lead.id = c.auto_by_id AND lead.role = 'lead' AND lead.disabled_at IS NULL
    LEFT JOIN policy p ON p.id = c.auto_policy_id AND p.current
    JOIN review_batch batch ON batch.id = ${standingBatch(Prisma.sql`c.id`)}
    WHERE c.id = ANY(${clusterIds}::uuid[]) AND c.auto_until > now()
      AND (c.auto_policy_id IS NULL OR p.id IS NOT NULL)`;
}

/**
 * Decides arrivals of clusters for which a lead has a standing decision: one review each in the lead's name, with a
 * note that says so, in the standing decision's batch. Left to people: what differs from all that was on the lead's
 * screen, what somebody holds or was handed, what needs a second review or a lead, and what the lead has a word on
 * already. Answers how many were decided.
 */
export async function decideArrivals(tx: Tx, actor: Actor, members: NewMember[]): Promise<number> {
  const standing = await standingDecisions(tx, [...new Set(members.map(({ clusterId }) => clusterId))]);
  let decided = 0;
  for (const decision of standing) {
    const ids = members
      .filter(({ clusterId }) => clusterId === decision.clusterId)
      .map(({ interactionId }) => interactionId);
    const taken = await tx.$queryRaw<{ id: string }[]>`
      UPDATE queue_item SET state = 'decided', reviews_done = reviews_done + 1, decided_at = now(),
        verdict = ${decision.verdict}, policy_id = ${decision.policyId}::uuid,
        lease_token = NULL, lease_holder_id = NULL, lease_expires_at = NULL, hold_reason = NULL
      WHERE interaction_id = ANY(${ids}::uuid[]) AND state = 'pending' AND stage = 'review'
        AND reviews_needed = 1 AND reviews_done = 0
        AND (lease_expires_at IS NULL OR lease_expires_at <= now())
        AND (assigned_until IS NULL OR assigned_until <= now())
        AND EXISTS (SELECT 1 FROM cluster_member m
          JOIN batch_shown seen ON seen.batch_id = ${decision.batchId}::uuid AND seen.variant = m.variant
          WHERE m.interaction_id = queue_item.interaction_id)
        AND NOT EXISTS (SELECT 1 FROM review r
          WHERE r.interaction_id = queue_item.interaction_id AND r.reviewer_id = ${decision.leadId}::uuid)
      RETURNING interaction_id AS id`;
    if (taken.length === 0) continue;
    const ref = clusterRef(decision.number);
    const reviews = taken.map(({ id }) => ({ interactionId: id, reviewId: newId() }));
    await tx.review.createMany({
      data: reviews.map(({ interactionId, reviewId }) => ({
        id: reviewId,
        interactionId,
        reviewerId: decision.leadId,
        verdict: decision.verdict,
        policyId: decision.policyId,
        note: `Standing decision of ${decision.lead} for ${ref}: nobody looked at this one, ${decision.lead} saw its like.`,
        timeSpentMs: 0,
        batchId: decision.batchId,
      })),
    });
    await tx.reviewBatch.update({
      where: { id: decision.batchId },
      data: { count: { increment: taken.length } },
    });
    await recordEvents(
      tx,
      actor,
      reviews.map(({ interactionId, reviewId }) => ({
        action: 'cluster.auto_decide',
        subject: { type: 'interaction', id: interactionId },
        data: {
          ref,
          reviewId,
          verdict: decision.verdict,
          policy: decision.policy,
          lead: { id: decision.leadId, name: decision.lead },
          batchId: decision.batchId,
        },
      })),
    );
    decided += taken.length;
  }
  return decided;
}
