import type { Actor } from '#lib/actor';
import { AppError } from '#lib/errors';
import { type FullInteraction, getInteraction } from '#lib/interactions/queries';
import { errorFields, log } from '#lib/log';
import {
  type Claim,
  claimInteraction,
  claimNext,
  decide,
  heartbeat,
  releaseClaim,
} from '#lib/reviews/mutations';
import type { ClaimInteraction, ClaimNext, DecideThenNext, Lease, SkipThenNext } from '#lib/reviews/schema';

/** A claim as the browser counts it: seconds left, so that its own wrong clock does no harm. */
export type HeldClaim = { interactionId: string; token: string; seconds: number };
export type WorkItem = { claim: HeldClaim; interaction: FullInteraction };

/** The claim on the item that is open. */
export async function open(actor: Actor, input: ClaimInteraction): Promise<HeldClaim> {
  return held(await claimInteraction(actor, input));
}

/** The next item with its content; null when nothing is free. */
export async function next(actor: Actor, input: ClaimNext): Promise<WorkItem | null> {
  const claim = await claimNext(actor, input);
  return claim && { claim: held(claim), interaction: await getInteraction(actor, claim.interactionId) };
}

/** Seconds that the claim now has. */
export async function stay(actor: Actor, input: Lease): Promise<number> {
  return secondsUntil((await heartbeat(actor, input)).expiresAt);
}

/** Decides and goes on. `next` is `failed` where only the going on failed: the decision stands. */
export async function decideThenNext(
  actor: Actor,
  input: DecideThenNext,
): Promise<{ verdict: string; next: WorkItem | null | 'failed' }> {
  const { verdict } = await decide(actor, input.decision);
  try {
    return { verdict, next: await next(actor, input.next) };
  } catch (error) {
    log('error', 'claiming the next item failed after a decision', errorFields(error));
    return { verdict, next: 'failed' };
  }
}

/** Gives back what is held and goes on; what is no longer held needs no giving back. */
export async function skipThenNext(actor: Actor, input: SkipThenNext): Promise<WorkItem | null> {
  if (input.lease) await releaseIfHeld(actor, input.lease);
  return next(actor, input.next);
}

/** For leaving: the item may be decided or taken by now, and then there is nothing to do. */
export async function releaseIfHeld(actor: Actor, lease: Lease): Promise<void> {
  try {
    await releaseClaim(actor, lease);
  } catch (error) {
    if (!(error instanceof AppError && (error.code === 'conflict' || error.code === 'not_found')))
      throw error;
  }
}

function held({ interactionId, token, expiresAt }: Claim): HeldClaim {
  return { interactionId, token, seconds: secondsUntil(expiresAt) };
}

function secondsUntil(at: Date): number {
  return Math.max(0, Math.round((at.getTime() - Date.now()) / 1_000));
}
