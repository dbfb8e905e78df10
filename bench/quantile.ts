/** The value below which a share `q` (0..1) of the samples lies (nearest rank); null without samples. */
export function quantile(samples: number[], q: number): number | null {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

/** p50, p99 and the largest, rounded to hundredths. */
export function summary(samples: number[]) {
  const round = (value: number | null) => (value === null ? null : Math.round(value * 100) / 100);
  return {
    samples: samples.length,
    p50: round(quantile(samples, 0.5)),
    p99: round(quantile(samples, 0.99)),
    max: round(quantile(samples, 1)),
  };
}
