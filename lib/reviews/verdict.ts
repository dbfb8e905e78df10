import type { Stage, Verdict } from './schema.ts';

/** One person's word on an item, as the rule reads it. */
export type Word = { kind: 'review' | 'adjudication'; verdict: Verdict; policyId: string | null };

/** What an item is after its reviews so far. */
export type Outcome =
  | { state: 'pending'; stage: Stage; done: number; verdict: null; policyId: null }
  | { state: 'decided'; done: number; verdict: Verdict; policyId: string | null };

/**
 * What follows from the reviews of an item, in the order they came: a lead's adjudication is final; different
 * verdicts go to a lead at once; fewer than needed wait for the next person; the same from all is the verdict, under
 * the policy that most of them cite (of equally many, the first). `waiting` is the stage while reviews are missing.
 */
export function outcomeOf(
  words: readonly Word[],
  needed: number,
  waiting: 'review' | 'lead' = 'review',
): Outcome {
  const reviews = words.filter(({ kind }) => kind === 'review');
  const done = reviews.length;
  const final = words.findLast(({ kind }) => kind === 'adjudication');
  if (final) return { state: 'decided', done, verdict: final.verdict, policyId: final.policyId };
  const [first] = reviews;
  const pending = { state: 'pending', done, verdict: null, policyId: null } as const;
  if (!first) return { ...pending, stage: waiting };
  if (reviews.some(({ verdict }) => verdict !== first.verdict)) return { ...pending, stage: 'adjudication' };
  if (done < needed) return { ...pending, stage: waiting };
  return { state: 'decided', done, verdict: first.verdict, policyId: mostCited(reviews) };
}

function mostCited(reviews: readonly Word[]): string | null {
  const cited = new Map<string | null, number>();
  for (const { policyId } of reviews) cited.set(policyId, (cited.get(policyId) ?? 0) + 1);
  let best: string | null = null;
  let most = 0;
  for (const [policyId, count] of cited) if (count > most) [best, most] = [policyId, count];
  return best;
}
