/** A 95 % interval. */
export type Interval = { low: number; high: number };

/** The 97.5th percentile of the normal distribution. */
export const Z_95 = 1.959963984540054;

/**
 * Wilson's score interval for a share of n (E. B. Wilson, 1927): unlike the usual one it is still honest where the
 * share is 0 or 1. With more than two ratings on an item the share is an average, and the interval a little too wide.
 */
export function shareInterval(share: number, n: number): Interval {
  const z2 = Z_95 * Z_95;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z_95 * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return {
    low: share === 0 ? 0 : Math.max(0, middle - half),
    high: share === 1 ? 1 : Math.min(1, middle + half),
  };
}
