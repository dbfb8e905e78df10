const WINDOW_MS = 60_000;
const LIMIT = 5;
const LONGEST_MS = 10_000;

type BackOff = {
  /** Milliseconds until the next try (by default 1 s, 2 s, 4 s, …), or null when it has failed too often. */
  failed(): number | null;
  exhausted(): boolean;
  limit: string;
};

/** Five failures within a minute are too many; a minute without one starts over at `firstMs`. */
export function createBackOff(firstMs = 1_000, now: () => number = Date.now): BackOff {
  let failures: number[] = [];
  return {
    failed() {
      failures = [...failures.filter((at) => at > now() - WINDOW_MS), now()];
      return failures.length >= LIMIT ? null : Math.min(firstMs * 2 ** (failures.length - 1), LONGEST_MS);
    },
    exhausted: () => failures.length >= LIMIT - 1,
    limit: `${LIMIT} times in a minute`,
  };
}
