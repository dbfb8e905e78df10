import type { DecisionRequest } from './decision.ts';
import type { Unnamed } from './report.ts';
import type { Rule } from './rule.ts';
import { asks, FIELD_NAMES, type Field, namedIn, readingsOf, saidIn } from './scope-shape.ts';

const WINDOW_MS = 300_000;
const BUCKET_MS = 10_000;

/** How many decisions lately named nothing in a field by which live rules are scoped: for those such a rule never holds. */
interface Dimensions {
  load(rules: readonly Rule[]): void;
  decided(request: DecisionRequest): void;
  /** Of the last five minutes; fields that every decision named are left out. */
  unnamed(): Unnamed[];
}

interface Bucket {
  since: number;
  decisions: number;
  without: Map<Field, number>;
}

export function createDimensions(monotonic: () => number = () => performance.now()): Dimensions {
  let fields: readonly Field[] = [];
  let buckets: Bucket[] = [];

  const current = (): Bucket => {
    const now = monotonic();
    const last = buckets.at(-1);
    if (last && now - last.since < BUCKET_MS) return last;
    const bucket = { since: now, decisions: 0, without: new Map() };
    buckets = [...buckets.filter(({ since }) => now - since < WINDOW_MS), bucket];
    return bucket;
  };

  return {
    load: (rules) => {
      const scoped = FIELD_NAMES.filter((field) => rules.some((rule) => namedIn(rule, field).length > 0));
      if (scoped.join() === fields.join()) return;
      fields = scoped;
      buckets = [];
    },
    decided: (request) => {
      if (fields.length === 0) return;
      const bucket = current();
      bucket.decisions++;
      const readings = readingsOf(request);
      for (const field of fields) {
        if (readings.some((reading) => saidIn(reading, field) !== '')) continue;
        bucket.without.set(field, (bucket.without.get(field) ?? 0) + 1);
      }
    },
    unnamed: () => {
      const now = monotonic();
      const lately = buckets.filter(({ since }) => now - since < WINDOW_MS);
      const sum = (of: (bucket: Bucket) => number) => lately.reduce((total, bucket) => total + of(bucket), 0);
      const decisions = sum((bucket) => bucket.decisions);
      return fields.flatMap((field) => {
        const without = sum((bucket) => bucket.without.get(field) ?? 0);
        return without > 0 ? [{ field: asks[field], decisions, without }] : [];
      });
    },
  };
}
