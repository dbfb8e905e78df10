import { z } from 'zod';
import { agreementOf } from '#lib/quality/agreement';
import { seeded } from '#lib/quality/bootstrap';
import { quantile } from './quantile.ts';

const optionsSchema = z.strictObject({
  ratings: z.coerce.number().int().min(100).max(5_000_000).default(50_000),
  raters: z.coerce.number().int().min(2).max(200).default(12),
  runs: z.coerce.number().int().min(1).max(100).default(9),
});

const VERDICTS = ['harmful', 'harmful', 'harmful', 'benign', 'unsure'];

/** Agreement, alpha with its bootstrap and every pair's kappa over n ratings, and over twice as many: linear shows 2. */
export async function run(given: Record<string, string>) {
  const options = optionsSchema.parse(given);
  const one = measure(options.ratings, options.raters, options.runs);
  const two = measure(options.ratings * 2, options.raters, options.runs);
  return { ...options, p50Ms: one, p50MsAtTwice: two, growth: Math.round((two / one) * 100) / 100 };
}

function measure(count: number, raters: number, runs: number): number {
  const random = seeded(count);
  const pick = (below: number) => Math.floor(random() * below);
  const ratings = Array.from({ length: count / 2 }, (_, item) => item).flatMap((item) => {
    const rater = pick(raters);
    const value = VERDICTS[pick(VERDICTS.length)] ?? 'unsure';
    const other = random() < 0.85 ? value : (VERDICTS[pick(VERDICTS.length)] ?? 'unsure');
    return [
      { item: String(item), rater: `rater ${rater}`, value },
      { item: String(item), rater: `rater ${(rater + 1 + pick(raters - 1)) % raters}`, value: other },
    ];
  });
  const times = Array.from({ length: runs }, () => {
    const from = performance.now();
    agreementOf(ratings);
    return performance.now() - from;
  });
  return Math.round((quantile(times, 0.5) ?? 0) * 10) / 10;
}
