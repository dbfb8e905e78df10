import type { HeldClaim } from './work.ts';

// A claim made by "Start reviewing" for the workbench that opens next, in this tab's memory: without it the
// workbench would claim the same item a second time.
let waiting: { claim: HeldClaim; at: number } | null = null;

export function handOver(claim: HeldClaim): void {
  waiting = { claim, at: Date.now() };
}

/** The claim waiting for this item, once, with the seconds it has left by now. */
export function takeOver(interactionId: string): HeldClaim | null {
  if (waiting?.claim.interactionId !== interactionId) return null;
  const { claim, at } = waiting;
  waiting = null;
  const seconds = claim.seconds - Math.round((Date.now() - at) / 1_000);
  return seconds > 0 ? { ...claim, seconds } : null;
}
