import type { HeldClaim, Work } from './work.ts';

// Claims that wait in this tab's memory for the workbench that opens next: one that "Start reviewing" made, or those
// of a workbench that React is only mounting anew. What nobody takes is given back.
const waiting = new Map<string, { work: Work; at: number; timer: ReturnType<typeof setTimeout> }>();

export function park(work: Work, forMs: number): void {
  const { interactionId } = work.claim;
  clearTimeout(waiting.get(interactionId)?.timer);
  const timer = setTimeout(() => {
    waiting.delete(interactionId);
    giveBack(work.claim);
  }, forMs);
  waiting.set(interactionId, { work, at: Date.now(), timer });
}

/** The claim waiting for this item, once, with the seconds it has left by now. */
export function takeOver(interactionId: string): Work | null {
  const found = waiting.get(interactionId);
  if (!found) return null;
  clearTimeout(found.timer);
  waiting.delete(interactionId);
  const { claim, item } = found.work;
  const seconds = claim.seconds - Math.round((Date.now() - found.at) / 1_000);
  return seconds > 0 ? { claim: { ...claim, seconds }, item } : null;
}

/** Frees an item for others; arrives also while the page is being closed. */
export function giveBack({ interactionId, token }: HeldClaim): void {
  const body = new Blob([JSON.stringify({ interactionId, token })], { type: 'application/json' });
  navigator.sendBeacon('/api/queue/release', body);
}

if (typeof window !== 'undefined') {
  window.addEventListener('pagehide', () => {
    for (const { work, timer } of waiting.values()) {
      clearTimeout(timer);
      giveBack(work.claim);
    }
    waiting.clear();
  });
}
