import { z } from 'zod';
import type { Actor, UserActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { answerGolden, takeBackGolden } from '#lib/claims/golden';
import { heldWith, inSeconds, NOT_ASSIGNED, NOT_HELD, personIn, stagesOf } from '#lib/claims/lease';
import { refuseLease } from '#lib/claims/refusal';
import { beforeSchema, restore } from '#lib/claims/undo';
import { db, Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { takeKeyBack } from '#lib/idempotency/once';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { reviewSettings } from '#lib/settings/queries';
import type { ReviewSettings } from '#lib/settings/schema';
import { reopenable } from './reopen.ts';
import { type CitedPolicy, citedPolicy } from './requirements.ts';
import {
  type Decide,
  type Reopen,
  type Stage,
  type TakeBack,
  UNDO_GRACE_SECONDS,
  type Verdict,
} from './schema.ts';
import { type Outcome, outcomeOf, type Word } from './verdict.ts';

/** `undoSeconds` is how long `takeBack` undoes it. */
export type Decided = { reviewId: string; verdict: Verdict; undoSeconds: number };

/**
 * Records one person's verdict and moves the item on: to the next reviewer, to a lead where verdicts differ, or out
 * of the queue. The token decides: a claim that ran out still counts while nobody else took the item, and one that
 * somebody took over is refused with who decided or holds it.
 * Throws `conflict`, `not_found`, and `invalid` for what the settings or the policy ask for and is not there.
 */
export async function decide(actor: Actor, input: Decide): Promise<Decided> {
  authorize(actor, 'review.decide');
  const person = personIn(actor);
  return db.$transaction(async (tx) => {
    const settings = await reviewSettings(tx);
    const policy = await citedPolicy(tx, settings, input);
    const { verdict } = input;
    const { undoSeconds } = settings;
    const [item] = await tx.$queryRaw<HeldItem[]>`
      SELECT stage, reviews_needed AS "reviewsNeeded" FROM queue_item
      WHERE ${heldWith(person, input)} FOR UPDATE`;
    if (!item) {
      const answerId = await answerGolden(tx, person, input, policy);
      if (!answerId) return refuseLease(tx, person, input.interactionId);
      await recordDecision(tx, person, 'golden.answer', input, { reviewId: answerId, policy });
      return { reviewId: answerId, verdict, undoSeconds };
    }
    const kind = item.stage === 'adjudication' ? 'adjudication' : 'review';
    if (item.stage !== 'review') authorize(actor, 'review.adjudicate');
    const reviewId = newId();
    const before = await wordsOn(tx, input.interactionId);
    await tx.review.create({
      data: {
        id: reviewId,
        interactionId: input.interactionId,
        reviewerId: person.id,
        kind,
        verdict,
        policyId: policy?.id ?? null,
        note: input.note?.trim() || null,
        timeSpentMs: input.timeSpentMs,
      },
    });
    const words: Word[] = [...before, { kind, verdict, policyId: policy?.id ?? null }];
    const outcome = outcomeOf(words, item.reviewsNeeded);
    await moveOn(tx, input.interactionId, outcome);
    const action = kind === 'adjudication' ? 'review.adjudicate' : 'review.decide';
    await recordDecision(tx, person, action, input, {
      reviewId,
      policy,
      ...(item.reviewsNeeded > 1 && kind === 'review' && { review: words.length, of: item.reviewsNeeded }),
    });
    if (outcome.state === 'pending' && outcome.stage === 'adjudication') {
      await recordEvent(tx, person, {
        action: 'review.disagree',
        subject: { type: 'interaction', id: input.interactionId },
        data: { verdicts: words.map((word) => word.verdict) },
      });
    }
    return { reviewId, verdict, undoSeconds };
  });
}

/**
 * Takes back whatever the actor last did with an item: a decision, a skip, a hold, a hand-over. One that has not come
 * yet never will; one that came is undone, within the settings' time from its arrival to the wish. Sent again, it
 * answers the same and changes nothing. An undone review goes, its event stays, and the item is as it was before, leased
 * with its old token, unless somebody else has opened it by now.
 * Throws `conflict` once the time is over or the item has moved on, `not_found`.
 */
export async function takeBack(actor: Actor, input: TakeBack): Promise<{ arrived: boolean }> {
  authorize(actor, 'review.claim');
  const person = personIn(actor);
  const { interactionId, token, waitedMs } = input;
  return db.$transaction(async (tx) => {
    const came = await takeKeyBack(tx, person, input.actId);
    if (came?.again) return { arrived: true };
    if (!came) {
      if ((await tx.queueItem.count({ where: { interactionId } })) === 0) {
        throw new AppError('not_found', 'This interaction is not in the review queue.');
      }
      await recordUndo(tx, person, interactionId, { arrived: false });
      return { arrived: false };
    }
    const act = undoableSchema.safeParse(came.answer).data;
    if (!act) throw new AppError('not_found', 'There is no such act that could be taken back.');
    if ('reviewId' in act) {
      await withdraw(tx, person, { reviewId: act.reviewId, token, waitedMs });
      return { arrived: true };
    }
    if (act.before.interactionId !== interactionId) {
      throw new AppError('not_found', 'There is no such act on this item.');
    }
    const settings = await reviewSettings(tx);
    if (came.seconds > secondsToUndo(settings, waitedMs)) throw tooLate(settings.undoSeconds);
    await restore(tx, person, { interactionId, token }, act.before, settings);
    await recordUndo(tx, person, interactionId, { act: act.before.act });
    return { arrived: true };
  });
}

/**
 * Puts a decided item back into the queue, with a reason: all its reviews go, their events stay, and it waits at its
 * old place, leased to the actor unless somebody else has opened it. Leads reopen any decision; a reviewer reopens what
 * they decided alone, for `REOPEN_OWN_HOURS`, also while it waits for a second reader. Where it is golden, its known
 * answer is a lead's own word and stays. Throws as `reopenable` does, and `conflict` when other reviews were seen.
 */
export async function reopen(actor: Actor, input: Reopen): Promise<{ interactionId: string }> {
  authorize(actor, 'review.decide');
  const person = personIn(actor);
  const { interactionId, seen, reason } = input;
  return db.$transaction(async (tx) => {
    await lockItem(tx, interactionId);
    const { verdict, reviews, ...item } = await reopenable(tx, person, interactionId);
    if (reviews.length !== seen.length || reviews.some(({ reviewId }) => !seen.includes(reviewId))) {
      throw new AppError(
        'conflict',
        'This item was decided again since you looked. Reload it and look first.',
      );
    }
    await tx.review.deleteMany({ where: { id: { in: reviews.map(({ reviewId }) => reviewId) } } });
    await putBack(tx, person, await reviewSettings(tx), interactionId, item);
    await recordEvent(tx, person, {
      action: 'review.reopen',
      subject: { type: 'interaction', id: interactionId },
      data: { verdict, reviews, reason },
    });
    return { interactionId };
  });
}

const undoableSchema = z.union([z.object({ reviewId: z.uuid() }), z.object({ before: beforeSchema })]);

/** How long after an act it can be taken back: what is taken back while nothing answers was wished for earlier. */
function secondsToUndo({ undoSeconds }: { undoSeconds: number }, waitedMs: number): number {
  return undoSeconds + UNDO_GRACE_SECONDS + waitedMs / 1_000;
}

async function withdraw(
  tx: Tx,
  person: UserActor,
  { reviewId, token, waitedMs }: { reviewId: string; token: string; waitedMs: number },
): Promise<void> {
  const settings = await reviewSettings(tx);
  const seconds = secondsToUndo(settings, waitedMs);
  const found = await tx.review.findFirst({
    where: { id: reviewId, reviewerId: person.id },
    select: { interactionId: true },
  });
  if (!found) {
    const golden = await takeBackGolden(tx, person, { reviewId, token, seconds }, settings.leaseSeconds);
    if (golden === 'over') throw tooLate(settings.undoSeconds);
    if (!golden) throw new AppError('not_found', 'There is no such decision any more.');
    return recordUndo(tx, person, golden.interactionId, { reviewId });
  }
  const { interactionId } = found;
  await lockItem(tx, interactionId);
  const [review] = await tx.$queryRaw<UndoneReview[]>`
    SELECT mine.kind, mine.verdict, mine.batch_id AS "batchId",
      mine.created_at + make_interval(secs => ${seconds}::double precision) < clock_timestamp() AS late,
      EXISTS (SELECT 1 FROM review AS later WHERE later.interaction_id = mine.interaction_id
        AND later.id <> mine.id AND later.created_at >= mine.created_at) AS overtaken,
      item.stage = 'adjudication' AND item.lease_expires_at > now() AS "takenUp",
      item.skips, item.reviews_needed AS "reviewsNeeded"
    FROM review AS mine JOIN queue_item AS item USING (interaction_id) WHERE mine.id = ${reviewId}::uuid`;
  if (!review) throw new AppError('not_found', 'There is no such decision any more.');
  if (review.batchId) {
    throw new AppError('conflict', 'This was decided with many others; reverse the batch instead.');
  }
  if (review.late) throw tooLate(settings.undoSeconds);
  if (review.overtaken) {
    throw new AppError('conflict', 'Somebody else has reviewed this item since, so the decision stands.');
  }
  if (review.takenUp) {
    throw new AppError('conflict', 'A lead has taken the disagreement up, so the decision stands.');
  }
  await tx.review.delete({ where: { id: reviewId } });
  await putBack(tx, person, settings, interactionId, review, token);
  await recordUndo(tx, person, interactionId, { reviewId, verdict: review.verdict });
}

type HeldItem = { stage: Stage; reviewsNeeded: number };
type UndoneReview = {
  kind: string;
  verdict: Verdict;
  batchId: string | null;
  late: boolean;
  overtaken: boolean;
  takenUp: boolean | null;
  skips: number;
  reviewsNeeded: number;
};

function tooLate(seconds: number): AppError {
  return new AppError(
    'conflict',
    `A decision can be taken back within ${seconds} seconds, and that time is over; it stands.`,
  );
}

/** Locks the item before its reviews are read, as deciding does: nobody can add one in between. */
async function lockItem(tx: Tx, interactionId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM queue_item WHERE interaction_id = ${interactionId}::uuid FOR UPDATE`;
}

/** Where an item waits after reviews of it are gone: its old place, leased to the person unless somebody has it. */
async function putBack(
  tx: Tx,
  person: UserActor,
  { skipsToLead, leaseSeconds }: ReviewSettings,
  interactionId: string,
  { skips, reviewsNeeded }: { skips: number; reviewsNeeded: number },
  token: string = crypto.randomUUID(),
): Promise<void> {
  const waiting = skips >= skipsToLead ? 'lead' : 'review';
  const outcome = outcomeOf(await wordsOn(tx, interactionId), reviewsNeeded, waiting);
  await moveOn(tx, interactionId, outcome, 'keep the lease');
  await tx.$executeRaw`
    UPDATE queue_item SET lease_token = ${token}::uuid, lease_holder_id = ${person.id}::uuid,
      lease_expires_at = ${inSeconds(leaseSeconds)}, lease_ahead = false
    WHERE interaction_id = ${interactionId}::uuid AND stage = ANY(${stagesOf(person)}::text[])
      AND state = 'pending' AND (lease_expires_at IS NULL OR lease_expires_at <= now())`;
}

/** The words on an item so far, oldest first. */
async function wordsOn(tx: Tx, interactionId: string): Promise<Word[]> {
  return tx.$queryRaw<Word[]>`
    SELECT kind, verdict, policy_id AS "policyId" FROM review
    WHERE interaction_id = ${interactionId}::uuid ORDER BY created_at, id`;
}

/** Writes what follows from the reviews; whoever held the item holds it no longer, unless told to keep the lease. */
async function moveOn(tx: Tx, interactionId: string, outcome: Outcome, keep?: 'keep the lease') {
  const lease = keep ? Prisma.empty : Prisma.sql`${NOT_HELD}, ${NOT_ASSIGNED},`;
  const decidedAt = outcome.state === 'decided' ? Prisma.sql`now()` : Prisma.sql`NULL`;
  const stage = outcome.state === 'pending' ? Prisma.sql`${outcome.stage}` : Prisma.sql`stage`;
  await tx.$executeRaw`
    UPDATE queue_item SET ${lease} state = ${outcome.state}, stage = ${stage},
      reviews_done = ${outcome.done}::smallint, verdict = ${outcome.verdict}, policy_id = ${outcome.policyId}::uuid,
      decided_at = ${decidedAt}
    WHERE interaction_id = ${interactionId}::uuid`;
}

async function recordDecision(
  tx: Tx,
  person: UserActor,
  action: string,
  input: Decide,
  data: { reviewId: string; policy: CitedPolicy | null } & Record<string, unknown>,
): Promise<void> {
  await recordEvent(tx, person, {
    action,
    subject: { type: 'interaction', id: input.interactionId },
    data: {
      ...data,
      verdict: input.verdict,
      policy: data.policy && `${data.policy.key} v${data.policy.version}`,
      timeSpentMs: input.timeSpentMs,
    },
  });
}

async function recordUndo(tx: Tx, person: UserActor, interactionId: string, data: Record<string, unknown>) {
  await recordEvent(tx, person, {
    action: 'review.undo',
    subject: { type: 'interaction', id: interactionId },
    data,
  });
}
