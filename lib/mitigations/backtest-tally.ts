import { mask } from '#lib/secrets/mask';
import type { SecretSpan } from '#lib/secrets/schema';
import { type Excerpt, excerptAround } from './excerpt.ts';
import type { Trial, TrialText } from './trial.ts';

export const EXAMPLES = 20;
const AROUND = 160;

/** Where a stored interaction counts, worst to hit first; each counts once. */
export const BUCKETS = ['benign', 'control', 'pending', 'harmful', 'incident'] as const;
export type Bucket = (typeof BUCKETS)[number];

/** The share of a bucket that the rule would hit. */
export type Count = { hits: number; total: number };

export type BacktestExample = {
  interactionId: string;
  bucket: Bucket;
  language: string;
  target: 'prompt' | 'completion';
  excerpt: Excerpt;
  /** How many hit interactions of this bucket have the very same text. */
  same: number;
};

/** The incident's own first, then what people decided, then where it came from. */
export function bucketOf(row: { linked: boolean; control: boolean; verdict: string | null }): Bucket {
  if (row.linked) return 'incident';
  if (row.verdict === 'harmful') return 'harmful';
  if (row.verdict === 'benign') return 'benign';
  return row.control ? 'control' : 'pending';
}

/** No hit in `n` still leaves this much possible, with 95 % confidence: the rule of three. Null when n is 0. */
export function upperBound(count: Count): number | null {
  return count.hits === 0 && count.total > 0 ? Math.min(1, 3 / count.total) : null;
}

type Secrets = ReadonlyMap<string, SecretSpan[]>;
type Kept = { row: TrialText & { id: string }; same: number };

const empty = (): Record<Bucket, Count> => ({
  benign: { hits: 0, total: 0 },
  control: { hits: 0, total: 0 },
  pending: { hits: 0, total: 0 },
  harmful: { hits: 0, total: 0 },
  incident: { hits: 0, total: 0 },
});

/** Counts rows as they pass and keeps the few that a person should see. */
export class Tally {
  scanned = 0;
  readonly #counts = empty();
  readonly #kept = new Map<Bucket, Map<string, Kept>>(BUCKETS.map((bucket) => [bucket, new Map()]));

  add(bucket: Bucket, row: TrialText & { id: string }, hit: boolean): void {
    this.scanned += 1;
    const count = this.#counts[bucket];
    count.total += 1;
    if (!hit) return;
    count.hits += 1;
    const kept = this.#kept.get(bucket);
    const text = row.completion || row.prompt;
    const known = kept?.get(text);
    if (known) known.same += 1;
    else if (kept && kept.size < EXAMPLES) kept.set(text, { row, same: 1 });
  }

  /** The rows whose texts may be shown. */
  keptRows(): { id: string }[] {
    return [...this.#kept.values()].flatMap((kept) => [...kept.values()].map(({ row }) => ({ id: row.id })));
  }

  /** Examples are shown without the secrets in them; the rule was tried on the texts as they are. */
  result(trial: Trial, secrets: Secrets) {
    const { benign, control, pending, harmful, incident } = this.#counts;
    const notHarmful: Count = { hits: benign.hits + control.hits, total: benign.total + control.total };
    return {
      scanned: this.scanned,
      incident,
      harmful,
      notHarmful: { ...notHarmful, reviewed: benign, control, upperBound95: upperBound(notHarmful) },
      pending,
      examples: this.#examples(trial, secrets),
    };
  }

  #examples(trial: Trial, secrets: Secrets): BacktestExample[] {
    const examples: BacktestExample[] = [];
    const shown = new Set<string>();
    for (const bucket of BUCKETS) {
      for (const [text, { row, same }] of this.#kept.get(bucket) ?? []) {
        if (examples.length === EXAMPLES) return examples;
        // What was already shown among worse hits adds nothing.
        if (shown.has(text)) continue;
        shown.add(text);
        const hit = trial.spans(row)[0];
        if (!hit) continue;
        const places = (secrets.get(row.id) ?? []).filter(({ field }) => field === hit.target);
        const excerpt = excerptAround(mask(row[hit.target], places), hit.spans, AROUND);
        const { id: interactionId, language } = row;
        examples.push({ interactionId, bucket, language, target: hit.target, excerpt, same });
      }
    }
    return examples;
  }
}
