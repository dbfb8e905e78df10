import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, UserActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize, can } from '#lib/permissions';
import { readPreference } from '#lib/preferences/queries';
import type { ClaimInteraction, ClaimNext, HandOver, Hold, Lease, Skip, Stay } from '#lib/reviews/schema';
import { reviewSettings } from '#lib/settings/queries';
import { leaveGolden, retakeGolden, stayGolden, takeGolden, takeOwnGolden } from './golden.ts';
import { type Claim, heldWith, inSeconds, NOT_ASSIGNED, NOT_HELD, personIn, stagesOf } from './lease.ts';
import { pauseDue } from './pause.ts';
import { refuseClaim, refuseLease } from './refusal.ts';
import { searched } from './search.ts';
import { isAnythingFree, takeAhead, takeNext, takeOwn } from './take.ts';
import { type Before, beforeOf } from './undo.ts';

export type { Claim };

export type NextClaim =
  | { kind: 'claim'; claim: Claim }
  | { kind: 'none' }
  /** A pause is due after so many decisions in a row; `pastBreak` goes on. `minutes` away count as one. */
  | { kind: 'break'; consecutive: number; minutes: number };

/** Rows that are being changed at this moment, by a re-routing say, are waited for: five seconds in all. */
const BUSY_LOOKS = 50;
const BUSY_WAIT_MS = 100;

/**
 * Claims the item that is due first and that nobody holds, within the filters: what was handed to the actor before
 * what is due to everybody, and now and then a golden item. What the actor holds already is held like anything else,
 * unless they say what their tabs have open: then what none of these has comes back first. A claim that is made ahead,
 * while another item is read, yields to somebody for whom nothing else is free. `draw`, 0 to 1, is what decides about
 * golden items.
 * Throws `forbidden` where the stage is for leads.
 */
export async function claimNext(
  actor: Actor,
  input: ClaimNext,
  draw: number = Math.random(),
): Promise<NextClaim> {
  authorize(actor, 'review.claim');
  const { filters } = input;
  if (filters.stage && filters.stage !== 'review') authorize(actor, 'review.adjudicate');
  const person = personIn(actor);
  const [settings, own] = await Promise.all([reviewSettings(), readPreference(db, person.id)]);
  const pause = await pauseDue(db, person, settings, own.breakAfter);
  if (pause && !input.pastBreak) return { kind: 'break', ...pause };
  const wanted = {
    filters: await searched(filters),
    stages: stagesOf(person),
    optOuts: own.optOuts,
    leaseSeconds: settings.leaseSeconds,
    ahead: input.ahead ?? false,
  };
  const { open } = input;
  const golden = draw < settings.goldenShare && (filters.stage ?? 'review') === 'review';
  const take = () =>
    db.$transaction(async (tx) => {
      const claim =
        (open ? await takeOwn(tx, person, wanted, open) : null) ??
        (open ? await takeOwnGolden(tx, person, wanted, open) : null) ??
        (golden ? await takeGolden(tx, person, wanted) : null) ??
        (await takeNext(tx, person, wanted)) ??
        (input.ahead ? null : await takeAhead(tx, person, wanted));
      if (claim) await recordClaim(tx, person, claim, pause ? { pastBreakAfter: pause.consecutive } : {});
      return claim;
    });
  for (let look = 1; ; look += 1) {
    const claim = await take();
    if (claim) return { kind: 'claim', claim };
    if (look === BUSY_LOOKS || !(await isAnythingFree(db, person, wanted))) return { kind: 'none' };
    await sleep(BUSY_WAIT_MS);
  }
}

/**
 * Claims one item by its id. The holder may claim again, which makes the older token stale (a reloaded page) and
 * keeps a hold. An opt-out or a skip does not stand in the way of opening an item on purpose.
 * Throws `conflict` with who holds it, has it handed to them, or decided what; `not_found` when it never was in the queue.
 */
export async function claimInteraction(actor: Actor, input: ClaimInteraction): Promise<Claim> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  return db.$transaction(async (tx) => {
    const { leaseSeconds } = await reviewSettings(tx);
    const mine = Prisma.sql`item.lease_holder_id = ${person.id}::uuid AND item.lease_expires_at > now()`;
    const [taken] = await tx.$queryRaw<Claim[]>`
      UPDATE queue_item AS item
      SET lease_token = ${crypto.randomUUID()}::uuid, lease_holder_id = ${person.id}::uuid,
        lease_expires_at = GREATEST(${inSeconds(leaseSeconds)}, CASE WHEN ${mine} THEN item.lease_expires_at END),
        lease_ahead = false,
        hold_reason = CASE WHEN ${mine} THEN item.hold_reason END,
        first_claimed_at = COALESCE(item.first_claimed_at, now())
      WHERE item.interaction_id = ${input.interactionId}::uuid AND item.state = 'pending'
        AND item.stage = ANY(${stagesOf(person)}::text[])
        AND (item.lease_expires_at IS NULL OR item.lease_expires_at <= now() OR ${mine})
        AND (item.assignee_id IS NULL OR item.assigned_until <= now() OR item.assignee_id = ${person.id}::uuid)
        AND NOT EXISTS (SELECT 1 FROM review
          WHERE review.interaction_id = item.interaction_id AND review.reviewer_id = ${person.id}::uuid)
      RETURNING item.interaction_id AS "interactionId", item.lease_token AS token, item.lease_expires_at AS "expiresAt"`;
    const claim = taken ?? (await retakeGolden(tx, person, input.interactionId, leaseSeconds));
    if (!claim) return refuseClaim(tx, person, input.interactionId);
    await recordClaim(tx, person, claim);
    return claim;
  });
}

/**
 * Extends a claim by one lease from now; also after it ran out, as long as nobody else took the item. A hold that
 * ends later stays as it is, and what is `shown` now yields to nobody any more. Writes no event: it comes every few seconds from every open workbench and says nothing
 * that the claim did not.
 */
export async function heartbeat(actor: Actor, input: Stay): Promise<{ expiresAt: Date }> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  return db.$transaction(async (tx) => {
    const { leaseSeconds } = await reviewSettings(tx);
    const [held] = await tx.$queryRaw<{ expiresAt: Date }[]>`
      UPDATE queue_item SET lease_expires_at = GREATEST(lease_expires_at, ${inSeconds(leaseSeconds)}),
        lease_ahead = lease_ahead AND NOT ${input.shown ?? false}
      WHERE ${heldWith(person, input)} RETURNING lease_expires_at AS "expiresAt"`;
    return (
      held ??
      (await stayGolden(tx, person, input, leaseSeconds)) ??
      (await refuseLease(tx, person, input.interactionId))
    );
  });
}

/**
 * Keeps an item beyond a lease, for a stated time and reason that others see.
 * Throws `invalid` for longer than the settings allow, `conflict` and `not_found` as a heartbeat does.
 */
export async function hold(actor: Actor, input: Hold): Promise<{ expiresAt: Date; before: Before }> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  return db.$transaction(async (tx) => {
    const { holdMaxMinutes } = await reviewSettings(tx);
    if (input.minutes > holdMaxMinutes) {
      const longest = `may be ${holdMaxMinutes} at most; hand the item over if it takes longer`;
      throw new AppError('invalid', `minutes: ${longest}`, { fields: { minutes: longest } });
    }
    const before = await beforeOf(tx, person, 'hold', input);
    const [held] = await tx.$queryRaw<{ expiresAt: Date }[]>`
      UPDATE queue_item SET lease_expires_at = ${inSeconds(input.minutes * 60)}, lease_ahead = false, hold_reason = ${input.reason}
      WHERE ${heldWith(person, input)} RETURNING lease_expires_at AS "expiresAt"`;
    const kept =
      held ??
      (await stayGolden(tx, person, input, input.minutes * 60)) ??
      (await refuseLease(tx, person, input.interactionId));
    await recordEvent(tx, person, {
      action: 'review.hold',
      subject: { type: 'interaction', id: input.interactionId },
      data: { reason: input.reason, until: kept.expiresAt.toISOString() },
    });
    return { ...kept, before };
  });
}

/** Puts an item back for others at once. */
export async function releaseClaim(actor: Actor, input: Lease): Promise<void> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  await db.$transaction(async (tx) => {
    const released = await tx.$executeRaw`UPDATE queue_item SET ${NOT_HELD} WHERE ${heldWith(person, input)}`;
    if (released === 0 && !(await leaveGolden(tx, person, input, 'later'))) {
      return refuseLease(tx, person, input.interactionId);
    }
    await recordEvent(tx, person, {
      action: 'review.release',
      subject: { type: 'interaction', id: input.interactionId },
    });
  });
}

/**
 * Hands a held item to one person, with a note: it is theirs first, and nobody else's until the settings' time is over.
 * Throws `invalid` where that person cannot take it, `conflict` and `not_found` as a heartbeat does.
 */
export async function handOver(actor: Actor, input: HandOver): Promise<{ before: Before }> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  return db.$transaction(async (tx) => {
    const { handoverMinutes } = await reviewSettings(tx);
    const before = await beforeOf(tx, person, 'handover', input);
    const name = await takerOf(tx, person, input);
    const handed = await tx.$executeRaw`
      UPDATE queue_item SET ${NOT_HELD}, assignee_id = ${input.toUserId}::uuid,
        assigned_until = ${inSeconds(handoverMinutes * 60)}, assigned_by_id = ${person.id}::uuid,
        handover_note = ${input.note}
      WHERE ${heldWith(person, input)}`;
    // A golden item is one person's own: for them it is handed over, and it never comes back.
    if (handed === 0 && !(await leaveGolden(tx, person, input, 'never', input.note))) {
      return refuseLease(tx, person, input.interactionId);
    }
    await recordEvent(tx, person, {
      action: 'review.handover',
      subject: { type: 'interaction', id: input.interactionId },
      data: { to: { id: input.toUserId, name }, note: input.note },
    });
    return { before };
  });
}

/**
 * Hides an item from this person only and puts it back for others; when as many people as the settings say have
 * skipped it, a lead looks at it. `raised` tells whether this skip was the one. Throws as a heartbeat does.
 */
export async function skip(actor: Actor, input: Skip): Promise<{ raised: boolean; before: Before }> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  const subject = { type: 'interaction', id: input.interactionId };
  return db.$transaction(async (tx) => {
    const { skipsToLead } = await reviewSettings(tx);
    const before = await beforeOf(tx, person, 'skip', input);
    const put = await tx.$executeRaw`
      UPDATE queue_item SET ${NOT_HELD}, ${NOT_ASSIGNED} WHERE ${heldWith(person, input)}`;
    if (put === 0 && !(await leaveGolden(tx, person, input, 'never', input.note ?? null))) {
      return refuseLease(tx, person, input.interactionId);
    }
    await recordEvent(tx, person, {
      action: 'review.skip',
      subject,
      data: { reason: input.reason, note: input.note ?? null },
    });
    if (put === 0) return { raised: false, before };
    await tx.$executeRaw`
      INSERT INTO queue_skip (interaction_id, reviewer_id, reason, note)
      VALUES (${input.interactionId}::uuid, ${person.id}::uuid, ${input.reason}, ${input.note ?? null})
      ON CONFLICT (interaction_id, reviewer_id) DO UPDATE SET reason = EXCLUDED.reason, note = EXCLUDED.note`;
    // The row is locked by the first update, so two skips at the same moment count as two.
    const [after] = await tx.$queryRaw<{ skips: number; raised: boolean }[]>`
      WITH counted AS (SELECT count(*)::int AS skips FROM queue_skip WHERE interaction_id = ${input.interactionId}::uuid)
      UPDATE queue_item AS item SET skips = counted.skips,
        stage = CASE WHEN item.stage = 'review' AND counted.skips >= ${skipsToLead}::int THEN 'lead' ELSE item.stage END
      FROM counted, queue_item AS before
      WHERE item.interaction_id = ${input.interactionId}::uuid AND before.interaction_id = item.interaction_id
      RETURNING item.skips, item.stage <> before.stage AS raised`;
    if (!after?.raised) return { raised: false, before };
    await recordEvent(tx, person, { action: 'review.raise', subject, data: { skips: after.skips } });
    return { raised: true, before };
  });
}

async function recordClaim(tx: Tx, person: UserActor, claim: Claim, more: Record<string, unknown> = {}) {
  await recordEvent(tx, person, {
    action: 'review.claim',
    subject: { type: 'interaction', id: claim.interactionId },
    data: { until: claim.expiresAt.toISOString(), ...more },
  });
}

/** The name of whoever is to take the item over. Throws `invalid` with why they cannot. */
async function takerOf(tx: Tx, person: UserActor, input: HandOver): Promise<string> {
  const refuse = (why: string): never => {
    throw new AppError('invalid', `toUserId: ${why}`, { fields: { toUserId: why } });
  };
  const taker = await tx.user.findUnique({
    where: { id: input.toUserId },
    select: { id: true, name: true, role: true, disabledAt: true, preference: { select: { optOuts: true } } },
  });
  if (!taker || taker.disabledAt) return refuse('is nobody who can sign in here');
  if (taker.id === person.id) return refuse('is yourself; hold the item to keep it longer');
  const may = { kind: 'user', id: taker.id, name: taker.name, role: taker.role } as UserActor;
  if (!can(may, 'review.claim')) return refuse(`${taker.name} does not review`);
  const { interactionId } = input;
  const item = await tx.queueItem.findUnique({
    where: { interactionId },
    select: { stage: true, category: true },
  });
  if (item && !stagesOf(may).some((stage) => stage === item.stage)) {
    return refuse(`${taker.name} is not a lead, and this item waits for one`);
  }
  // Not told as a review of theirs, or as a category they opted out of: neither is anybody else's business.
  const reviewed = await tx.review.count({ where: { interactionId, reviewerId: taker.id } });
  if (reviewed > 0 || (item && taker.preference?.optOuts.includes(item.category))) {
    return refuse(`${taker.name} cannot take this item; choose somebody else`);
  }
  return taker.name;
}
