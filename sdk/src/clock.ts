/**
 * The time rules are judged by. A rule must end even when somebody sets the wall clock back, so the later of
 * the wall clock and "snapshot time plus monotonic time since" counts: a rule ends at the earlier of both.
 */
interface RuleClock {
  now(): Date;
  /** Starts counting from a snapshot that was signed at `issuedAt` (ISO 8601). */
  anchor(issuedAt: string): void;
}

export function createRuleClock(
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): RuleClock {
  let anchored: { time: number; since: number } | undefined;
  return {
    now: () => {
      const atLeast = anchored ? anchored.time + (monotonic() - anchored.since) : Number.NEGATIVE_INFINITY;
      return new Date(Math.max(wall(), atLeast));
    },
    anchor: (issuedAt) => {
      anchored = { time: Math.max(wall(), Date.parse(issuedAt)), since: monotonic() };
    },
  };
}
