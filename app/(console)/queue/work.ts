import type { Actor } from '#lib/actor';
import {
  type Claim,
  claimInteraction,
  claimNext,
  handOver as handOverItem,
  heartbeat,
  hold,
  skip,
} from '#lib/claims/mutations';
import { AppError } from '#lib/errors';
import { type Decided, decide, undoDecision } from '#lib/reviews/mutations';
import { getWorkItem, ownDecision, type WorkItem } from '#lib/reviews/queries';
import type {
  ClaimInteraction,
  ClaimNext,
  Decide,
  HandOver,
  Hold,
  Lease,
  Skip,
  UndoDecision,
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
export async function stay(actor: Actor, input: Lease): Promise<number> {
  return secondsUntil((await heartbeat(actor, input)).expiresAt);
}

/** Seconds that the item is now kept. */
export async function keep(actor: Actor, input: Hold): Promise<number> {
  return secondsUntil((await hold(actor, input)).expiresAt);
}

export async function pass(actor: Actor, input: Skip): Promise<{ raised: boolean }> {
  return skip(actor, input);
}

export async function give(actor: Actor, input: HandOver): Promise<void> {
  await handOverItem(actor, input);
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
    const { undoSeconds } = await reviewSettings();
    return { reviewId: own.reviewId, verdict: own.verdict, undoSeconds };
  }
}

/** Takes a decision back and opens the item again. */
export async function undo(actor: Actor, input: UndoDecision): Promise<Work> {
  return open(actor, await undoDecision(actor, input));
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
