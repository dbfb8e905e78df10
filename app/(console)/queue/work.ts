import type { Actor } from '#lib/actor';
import {
  type Claim,
  claimInteraction,
  claimNext,
  handOver as handOverItem,
  heartbeat,
  hold,
  releaseClaim,
  skip,
} from '#lib/claims/mutations';
import { AppError } from '#lib/errors';
import { type Decided, decide, takeBack } from '#lib/reviews/mutations';
import { getWorkItem, ownDecision, type WorkItem } from '#lib/reviews/queries';
import type {
  ClaimInteraction,
  ClaimNext,
  Decide,
  HandOver,
  HandOverAll,
  Hold,
  HoldAll,
  Lease,
  Skip,
  Stay,
  TakeBack,
} from '#lib/reviews/schema';
import { reviewSettings } from '#lib/settings/queries';

/** A claim as the browser counts it: seconds left, so that its own wrong clock does no harm. */
export type HeldClaim = { interactionId: string; token: string; seconds: number };

/** A work item with its times as they travel. */
export type ShownItem = Omit<WorkItem, 'occurredAt' | 'receivedAt' | 'dueAt'> &
  Record<'occurredAt' | 'receivedAt' | 'dueAt', string>;

export type Work = { claim: HeldClaim; item: ShownItem };

export type NextWork =
  | ({ kind: 'work' } & Work)
  | { kind: 'none' }
  | { kind: 'break'; consecutive: number; minutes: number };

/** The claim on one item, with the item as it is now. */
export async function open(actor: Actor, input: ClaimInteraction): Promise<Work> {
  return workOf(actor, await claimInteraction(actor, input));
}

/** The next item with its content. */
export async function next(actor: Actor, input: ClaimNext): Promise<NextWork> {
  const found = await claimNext(actor, input);
  return found.kind === 'claim' ? { kind: 'work', ...(await workOf(actor, found.claim)) } : found;
}

/** Seconds that the claim now has. */
export async function stay(actor: Actor, input: Stay): Promise<number> {
  return secondsUntil((await heartbeat(actor, input)).expiresAt);
}

/** Keeps the item; `undoSeconds` is how long each of these can be taken back. */
export async function keep(actor: Actor, input: Hold): Promise<{ seconds: number; undoSeconds: number }> {
  const { expiresAt } = await hold(actor, input);
  return { seconds: secondsUntil(expiresAt), undoSeconds: await undoSeconds() };
}

export async function pass(actor: Actor, input: Skip): Promise<{ raised: boolean; undoSeconds: number }> {
  const { raised } = await skip(actor, input);
  return { raised, undoSeconds: await undoSeconds() };
}

export async function give(actor: Actor, input: HandOver): Promise<{ undoSeconds: number }> {
  await handOverItem(actor, input);
  return { undoSeconds: await undoSeconds() };
}

async function undoSeconds(): Promise<number> {
  return (await reviewSettings()).undoSeconds;
}

/** What became of several items: how many were set aside, and why others were not. */
export type Parted = { done: number; refused: { message: string; count: number }[] };

/** Claims each of several items and holds it; what somebody else has stays with them. */
export async function keepAll(actor: Actor, { interactionIds, ...how }: HoldAll): Promise<Parted> {
  return partWith(actor, interactionIds, (lease) => hold(actor, { ...lease, ...how }));
}

/** The same, handed to one person. */
export async function giveAll(actor: Actor, { interactionIds, ...how }: HandOverAll): Promise<Parted> {
  return partWith(actor, interactionIds, (lease) => handOverItem(actor, { ...lease, ...how }));
}

async function partWith(
  actor: Actor,
  ids: string[],
  part: (lease: Lease) => Promise<unknown>,
): Promise<Parted> {
  const refused = new Map<string, number>();
  for (const interactionId of ids) {
    try {
      const { token } = await claimInteraction(actor, { interactionId });
      await part({ interactionId, token }).catch(async (error: unknown) => {
        await releaseClaim(actor, { interactionId, token }).catch(() => undefined);
        throw error;
      });
    } catch (error) {
      // What is wrong with the wish itself is wrong for all of them.
      if (!(error instanceof AppError) || error.code === 'invalid' || error.code === 'forbidden') throw error;
      refused.set(error.message, (refused.get(error.message) ?? 0) + 1);
    }
  }
  const why = [...refused].map(([message, count]) => ({ message, count }));
  return { done: ids.length - why.reduce((sum, { count }) => sum + count, 0), refused: why };
}

/**
 * Decides. A browser whose connection broke sends the same decision again: where it had arrived the first time, the
 * answer is that of the first, not a refusal.
 */
export async function decideOnce(actor: Actor, input: Decide): Promise<Decided> {
  try {
    return await decide(actor, input);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    const own = await ownDecision(actor, input.interactionId);
    if (own?.verdict !== input.verdict || own.note !== (input.note?.trim() || null)) throw error;
    return { reviewId: own.reviewId, verdict: own.verdict, undoSeconds: await undoSeconds() };
  }
}

/**
 * Takes back what was last done with an item. `seconds` is what its claim then has; null where it is somebody else's
 * by now, and `message` says whose.
 */
export async function recall(
  actor: Actor,
  input: TakeBack,
): Promise<{ arrived: boolean; seconds: number | null; message: string | null }> {
  const { arrived } = await takeBack(actor, input);
  const { interactionId, token } = input;
  try {
    return { arrived, seconds: await stay(actor, { interactionId, token }), message: null };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    return { arrived, seconds: null, message: error.message };
  }
}

/** The item with its times as they travel. */
export function shown(item: WorkItem): ShownItem {
  return {
    ...item,
    occurredAt: item.occurredAt.toISOString(),
    receivedAt: item.receivedAt.toISOString(),
    dueAt: item.dueAt.toISOString(),
  };
}

async function workOf(actor: Actor, { interactionId, token, expiresAt }: Claim): Promise<Work> {
  const item = shown(await getWorkItem(actor, interactionId));
  return { claim: { interactionId, token, seconds: secondsUntil(expiresAt) }, item };
}

function secondsUntil(at: Date): number {
  return Math.max(0, Math.round((at.getTime() - Date.now()) / 1_000));
}
