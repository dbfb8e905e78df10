import type { Actor, UserActor } from '#lib/actor';
import { recordEvent, recordEvents } from '#lib/audit/record';
import { personIn } from '#lib/claims/lease';
import { keepShown } from '#lib/clusters/variants';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { citedPolicy } from '#lib/reviews/requirements';
import {
  type DecideCluster,
  type DecideFilter,
  MAX_BATCH,
  type ReverseBatch,
  type Verdict,
} from '#lib/reviews/schema';
import { outcomeOf } from '#lib/reviews/verdict';
import { reviewSettings } from '#lib/settings/queries';
import { countDecidable, mustExist } from './chosen.ts';
import { type Chosen, insertReviews, lockChosen, moveAll } from './decide.ts';
import { deleteReviews, lockBatch, reasonsOf, standing } from './reverse.ts';
import type { PreviewBatch, Reason } from './schema.ts';

/**
 * `remaining` is what the same choice still holds and the actor may decide: more than one batch takes, and `unseen`, what
 * differs from all that was on the screen, also what arrived meanwhile.
 */
type BatchDecided = { batchId: string; decided: number; remaining: number; unseen: number };

type Word = Pick<DecideCluster, 'verdict' | 'policyId' | 'note' | 'shown' | 'expected' | 'timeSpentMs'>;

/**
 * Decides the members of a cluster that the actor may decide and that are of a variant that was on the screen, at most
 * MAX_BATCH, each with a review of its own; what needs a second review waits for it, and what an earlier review disagrees
 * with goes to a lead.
 * Throws `conflict` with the new count when it is no longer the one expected, `not_found`, and `invalid` as a single
 * decision does.
 */
export async function decideCluster(actor: Actor, input: DecideCluster): Promise<BatchDecided> {
  authorize(actor, 'review.batch');
  return decideMany(personIn(actor), { clusterId: input.clusterId }, input);
}

/** The same for what a filter finds, due first. */
export async function decideFilter(actor: Actor, input: DecideFilter): Promise<BatchDecided> {
  authorize(actor, 'review.batch');
  return decideMany(personIn(actor), { filter: input.filter }, input);
}

/**
 * Takes a batch back, by its author or a lead, within the settings' hours: its reviews go and its items wait again,
 * but for those that moved on since. `kept` says how many those are and why; their decisions stand.
 * Throws `forbidden` for others, `conflict` when it was reversed before, is too old or nothing of it can go back, and
 * `not_found`.
 */
export async function reverseBatch(
  actor: Actor,
  input: ReverseBatch,
): Promise<{ reversed: number; kept: Reason[] }> {
  authorize(actor, 'review.batch');
  const person = personIn(actor);
  return db.$transaction(async (tx) => {
    const { batchReverseHours: hours, skipsToLead } = await reviewSettings(tx);
    const batch = await lockBatch(tx, input.batchId);
    if (!batch) throw new AppError('not_found', 'There is no such batch.');
    if (batch.actorId !== person.id && person.role !== 'lead') {
      throw new AppError('forbidden', 'Only the person who decided the batch, or a lead, can reverse it.');
    }
    if (batch.reversedAt) {
      throw new AppError('conflict', 'This batch has been reversed before; nothing was changed now.');
    }
    const items = await standing(tx, batch.id, hours);
    const free = items.filter(({ kept }) => kept === null);
    const kept = reasonsOf(items, hours);
    if (free.length === 0) {
      const why = kept.map(({ count, reason }) => `${count} ${reason}`).join(', ') || 'nothing of it is left';
      throw new AppError('conflict', `Nothing of this batch can be put back: ${why}. Its decisions stand.`);
    }
    await deleteReviews(tx, batch.id, free);
    await moveAll(
      tx,
      free.map(({ id, words, needed, skips }) => ({
        id,
        outcome: outcomeOf(words, needed, skips >= skipsToLead ? 'lead' : 'review'),
      })),
      'keep the leases',
    );
    await tx.reviewBatch.update({ where: { id: batch.id }, data: { reversedAt: new Date() } });
    await recordEvents(
      tx,
      person,
      free.map(({ id, reviewId }) => ({
        action: 'review.undo',
        subject: { type: 'interaction', id },
        data: { reviewId, verdict: batch.verdict, batchId: batch.id },
      })),
    );
    await recordEvent(tx, person, {
      action: 'batch.reverse',
      subject: { type: 'batch', id: batch.id },
      data: { reversed: free.length, kept: items.length - free.length, decidedAt: batch.createdAt },
    });
    return { reversed: free.length, kept };
  });
}

async function decideMany(person: UserActor, choice: PreviewBatch, word: Word): Promise<BatchDecided> {
  return db.$transaction(async (tx) => {
    const policy = await citedPolicy(tx, await reviewSettings(tx), word);
    await mustExist(tx, choice);
    const chosen = await lockChosen(tx, person, choice, word.shown);
    if (chosen.length !== word.expected) await refuseCount(tx, person, choice, word);
    const batchId = newId();
    const { verdict } = word;
    const note = word.note?.trim() || null;
    const what = 'clusterId' in choice ? { clusterId: choice.clusterId } : { filter: choice.filter };
    await tx.reviewBatch.create({
      data: {
        id: batchId,
        kind: 'clusterId' in choice ? 'cluster' : 'filter',
        actorId: person.id,
        ...what,
        verdict,
        policyId: policy?.id ?? null,
        note,
        count: chosen.length,
      },
    });
    await keepShown(tx, batchId, word.shown);
    const decided = chosen.map((item) => {
      const review = { kind: 'review', verdict, policyId: policy?.id ?? null } as const;
      const words = [...item.words, review];
      return { ...item, reviewId: newId(), words, outcome: outcomeOf(words, item.needed) };
    });
    // Nobody read them one by one, so the time of the whole is shared out.
    const timeSpentMs = Math.round(word.timeSpentMs / chosen.length);
    const review = {
      batchId,
      reviewerId: person.id,
      verdict,
      policyId: policy?.id ?? null,
      note,
      timeSpentMs,
    };
    await insertReviews(tx, decided, review);
    await moveAll(tx, decided);
    const cited = policy && `${policy.key} v${policy.version}`;
    await recordEvents(
      tx,
      person,
      memberEvents(decided, word.shown, { batchId, verdict, policy: cited, timeSpentMs }),
    );
    const [remaining, seen] = [
      await countDecidable(tx, person, choice),
      await countDecidable(tx, person, choice, word.shown),
    ];
    const unseen = remaining - seen;
    await recordEvent(tx, person, {
      action: 'batch.decide',
      subject: { type: 'batch', id: batchId },
      data: {
        ...what,
        verdict,
        policy: cited,
        decided: chosen.length,
        remaining,
        unseen,
        timeSpentMs: word.timeSpentMs,
      },
    });
    return { batchId, decided: chosen.length, remaining, unseen };
  });
}

type DecidedItem = Chosen & { reviewId: string; outcome: ReturnType<typeof outcomeOf> };
type Shared = { batchId: string; verdict: Verdict; policy: string | null; timeSpentMs: number };

function memberEvents(decided: DecidedItem[], shown: string[], shared: Shared) {
  const onScreen = new Set(shown.map((id) => id.toLowerCase()));
  return decided.flatMap(({ id, reviewId, needed, words, outcome }) => {
    const subject = { type: 'interaction', id };
    const of = needed > 1 ? { review: words.length, of: needed } : {};
    const event = {
      action: 'review.decide',
      subject,
      data: {
        reviewId,
        ...of,
        ...shared,
        with: decided.length - 1,
        looked: onScreen.has(id) ? 'this' : 'variant',
      },
    };
    if (outcome.state !== 'pending' || outcome.stage !== 'adjudication') return [event];
    const verdicts = words.map(({ verdict }) => verdict);
    return [event, { action: 'review.disagree', subject, data: { verdicts } }];
  });
}

async function refuseCount(
  tx: Tx,
  person: UserActor,
  choice: PreviewBatch,
  { shown, expected }: Word,
): Promise<never> {
  const now = Math.min(await countDecidable(tx, person, choice, shown), MAX_BATCH);
  throw new AppError(
    'conflict',
    now === 0
      ? 'None of these is left to decide: somebody was faster. Nothing was changed.'
      : `It is ${now.toLocaleString('en')} now and was ${expected.toLocaleString('en')} when you looked. Nothing was changed; reload the page and look at them again.`,
  );
}
