import { OUTCOMES } from '#lib/interactions/schema';
import type { OutcomeWord } from './schema.ts';

type ToldOutcome = { outcome: OutcomeWord; occurredAt: Date };

/**
 * What holds of an interaction: the latest of what was told, by when it happened and not by when it arrived, else what
 * the interaction came with. Of two at the same instant the one that comes later in a suggestion's life holds.
 */
export function effectiveOutcome(
  cameWith: OutcomeWord | null,
  told: readonly ToldOutcome[],
): OutcomeWord | null {
  const [latest] = told.toSorted(
    (a, b) =>
      b.occurredAt.getTime() - a.occurredAt.getTime() ||
      OUTCOMES.indexOf(b.outcome) - OUTCOMES.indexOf(a.outcome),
  );
  return latest?.outcome ?? cameWith;
}

/** Whether the suggestion is in somebody's code: accepted or edited, and not taken out again. Shown alone is not. */
export function isShipped(effective: OutcomeWord | null): boolean {
  return effective === 'accepted' || effective === 'edited';
}
