import type { Interval } from './interval.ts';

const ROUNDS = 1_000;
const FEWEST_ROUNDS = 200;
/** Draws in all: beyond this many items fewer rounds do, since the figure hardly varies. */
const DRAWS = 8_000_000;
const SEED = 20_110_125;

/**
 * The percentile interval of a figure over items drawn with replacement (B. Efron, 1979). Items come as the number of
 * the pattern they show, and `figure` gets how often each pattern was drawn; null, where a draw leaves it undefined,
 * is left out. The generator is seeded, so the same items give the same interval.
 */
export function bootstrapInterval(
  patternOf: Uint32Array,
  patterns: number,
  figure: (times: Uint32Array) => number | null,
): Interval {
  const n = patternOf.length;
  const rounds = Math.max(FEWEST_ROUNDS, Math.min(ROUNDS, Math.floor(DRAWS / n)));
  const random = seeded(SEED);
  const times = new Uint32Array(patterns);
  const found: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    times.fill(0);
    for (let drawn = 0; drawn < n; drawn += 1) {
      const pattern = patternOf[Math.floor(random() * n)] ?? 0;
      times[pattern] = (times[pattern] ?? 0) + 1;
    }
    const value = figure(times);
    if (value !== null) found.push(value);
  }
  found.sort((a, b) => a - b);
  const at = (share: number) => found[Math.min(found.length - 1, Math.floor(share * found.length))] ?? 0;
  return { low: at(0.025), high: at(0.975) };
}

/** Numbers from 0 up to 1, the same for the same seed (xorshift32, G. Marsaglia, 2003). */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}
