import type { Actor, UserActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, Prisma, type Tx } from '#lib/db';
import { env } from '#lib/env';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { refuseLease } from './refusal.ts';
import type { ClaimInteraction, ClaimNext, Decide, Lease, QueueFilters } from './schema.ts';

/** A claim as handed out: whoever has the token may decide until the lease ends. */
export type Claim = { interactionId: string; token: string; expiresAt: Date };

/**
 * Claims the item that is due first and that nobody holds; null when there is none. One statement picks and takes it
 * (FOR UPDATE SKIP LOCKED), so two reviewers at the same moment get two items. What the actor holds already, in
 * another tab, is held like anything else and not served again.
 */
export async function claimNext(actor: Actor, input: ClaimNext): Promise<Claim | null> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  return db.$transaction(async (tx) => {
    const [claim] = await tx.$queryRaw<ClaimRow[]>`
      WITH next AS (
        SELECT interaction_id FROM queue_item
        WHERE state = 'pending' AND (lease_expires_at IS NULL OR lease_expires_at <= now())
          AND NOT (interaction_id = ANY(${input.skip}::uuid[])) ${matching(input.filters)}
        ORDER BY due_at, interaction_id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
      )
      UPDATE queue_item AS item
      SET lease_token = ${crypto.randomUUID()}::uuid, lease_holder_id = ${person.id}::uuid, lease_expires_at = ${leaseEnd()}
      FROM next WHERE item.interaction_id = next.interaction_id
      RETURNING item.interaction_id AS "interactionId", item.lease_token AS token, item.lease_expires_at AS "expiresAt"`;
    if (!claim) return null;
    await recordClaim(tx, person, claim);
    return claim;
  });
}

/**
 * Claims one item by its id. The holder may claim again, which makes the older token stale (a reloaded page).
 * Throws `conflict` with who holds it until when or who decided what, `not_found` when it never was in the queue.
 */
export async function claimInteraction(actor: Actor, input: ClaimInteraction): Promise<Claim> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  return db.$transaction(async (tx) => {
    const [claim] = await tx.$queryRaw<ClaimRow[]>`
      UPDATE queue_item
      SET lease_token = ${crypto.randomUUID()}::uuid, lease_holder_id = ${person.id}::uuid, lease_expires_at = ${leaseEnd()}
      WHERE interaction_id = ${input.interactionId}::uuid AND state = 'pending'
        AND (lease_expires_at IS NULL OR lease_expires_at <= now() OR lease_holder_id = ${person.id}::uuid)
      RETURNING interaction_id AS "interactionId", lease_token AS token, lease_expires_at AS "expiresAt"`;
    if (!claim) return refuseLease(tx, person, input.interactionId);
    await recordClaim(tx, person, claim);
    return claim;
  });
}

/**
 * Extends a claim by one lease from now; also after it ran out, as long as nobody else took the item.
 * Writes no event: it comes every few seconds from every open workbench and says nothing that the claim did not.
 */
export async function heartbeat(actor: Actor, input: Lease): Promise<{ expiresAt: Date }> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  return db.$transaction(async (tx) => {
    const [held] = await tx.$queryRaw<{ expiresAt: Date }[]>`
      UPDATE queue_item SET lease_expires_at = ${leaseEnd()} WHERE ${heldWith(person, input)}
      RETURNING lease_expires_at AS "expiresAt"`;
    return held ?? refuseLease(tx, person, input.interactionId);
  });
}

/** Puts an item back for others at once. */
export async function releaseClaim(actor: Actor, input: Lease): Promise<void> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  await db.$transaction(async (tx) => {
    const released = await tx.$executeRaw`
      UPDATE queue_item SET lease_token = NULL, lease_holder_id = NULL, lease_expires_at = NULL
      WHERE ${heldWith(person, input)}`;
    if (released === 0) return refuseLease(tx, person, input.interactionId);
    await recordEvent(tx, person, {
      action: 'review.release',
      subject: { type: 'interaction', id: input.interactionId },
    });
  });
}

/**
 * Records one reviewer's verdict and takes the item out of the queue. The token decides: a claim that ran out still
 * counts while nobody else took the item, and one that somebody took over is refused with who decided or holds it.
 * Throws `conflict`, `not_found`, and `invalid` for a harmful verdict without a policy in force.
 */
export async function decide(
  actor: Actor,
  input: Decide,
): Promise<{ reviewId: string; verdict: Decide['verdict'] }> {
  authorize(actor, 'review.decide');
  const person = personIn(actor);
  const reviewId = newId();
  return db.$transaction(async (tx) => {
    const policy = await policyOf(tx, input);
    const taken = await tx.$executeRaw`
      UPDATE queue_item
      SET state = 'decided', lease_token = NULL, lease_holder_id = NULL, lease_expires_at = NULL
      WHERE ${heldWith(person, input)}`;
    if (taken === 0) return refuseLease(tx, person, input.interactionId);
    await tx.review.create({
      data: {
        id: reviewId,
        interactionId: input.interactionId,
        reviewerId: person.id,
        verdict: input.verdict,
        policyId: policy?.id ?? null,
        note: input.note?.trim() || null,
        timeSpentMs: input.timeSpentMs,
      },
    });
    await recordEvent(tx, person, {
      action: 'review.decide',
      subject: { type: 'interaction', id: input.interactionId },
      data: {
        reviewId,
        verdict: input.verdict,
        policy: policy && `${policy.key} v${policy.version}`,
        timeSpentMs: input.timeSpentMs,
      },
    });
    return { reviewId, verdict: input.verdict };
  });
}

type ClaimRow = { interactionId: string; token: string; expiresAt: Date };

function personIn(actor: Actor): UserActor {
  if (actor.kind === 'user') return actor;
  throw new AppError('forbidden', 'Only a person can review.');
}

function leaseEnd(): Prisma.Sql {
  return Prisma.sql`now() + make_interval(secs => ${env().STOPGAP_LEASE_SECONDS}::double precision)`;
}

function heldWith(person: UserActor, lease: Lease): Prisma.Sql {
  return Prisma.sql`interaction_id = ${lease.interactionId}::uuid AND state = 'pending'
    AND lease_token = ${lease.token}::uuid AND lease_holder_id = ${person.id}::uuid`;
}

function matching(filters: QueueFilters): Prisma.Sql {
  const parts = [Prisma.empty];
  if (filters.severity) parts.push(Prisma.sql`AND severity = ${filters.severity}`);
  if (filters.category) parts.push(Prisma.sql`AND category = ${filters.category}`);
  if (filters.language) parts.push(Prisma.sql`AND language = ${filters.language}`);
  return Prisma.join(parts, ' ');
}

async function recordClaim(tx: Tx, person: UserActor, claim: Claim): Promise<void> {
  await recordEvent(tx, person, {
    action: 'review.claim',
    subject: { type: 'interaction', id: claim.interactionId },
    data: { until: claim.expiresAt.toISOString() },
  });
}

async function policyOf(tx: Tx, input: Decide) {
  const needed = 'is needed: a harmful verdict cites the policy it rests on';
  if (!input.policyId) {
    if (input.verdict !== 'harmful') return null;
    throw new AppError('invalid', `policyId: ${needed}`, { fields: { policyId: needed } });
  }
  const policy = await tx.policy.findFirst({ where: { id: input.policyId, current: true } });
  if (policy) return policy;
  const gone = 'is not a policy in force; reload the page to see the current ones';
  throw new AppError('invalid', `policyId: ${gone}`, { fields: { policyId: gone } });
}
