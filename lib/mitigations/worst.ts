import { canChangeAnswer, FAIL_ACTIONS, onlyCounts, stopsAnswer } from '#sdk/effects';
import type { Rule } from '#sdk/rule';
import type { BacktestFigures } from './backtest-tally.ts';

/** What the question needs to know of a rule; `matcher` is null while there is nothing to look for. */
export type Asked = Pick<Rule, 'action' | 'mode' | 'fail'> & { matcher: Rule['matcher'] | null };

/**
 * The worst that a rule may do to harmless traffic of its scope. What it does where it fails counts as what it does: a
 * condition may throw on a name that a request leaves out, an instance may be cut off, and an OPA may not judge it.
 */
export type Worst = {
  /** It does nothing but count. */
  onlyCounts: boolean;
  /** Somebody may get another answer because of it, or none. */
  changesAnswer: boolean;
  /** How it may change all answers in its scope: by what it looks for, or by failing; null where it cannot. */
  everything: 'hits' | 'fails' | null;
  /** Whether everything in its scope may be left without an answer. */
  stopsEverything: boolean;
};

const NOTHING: Worst = { onlyCounts: true, changesAnswer: false, everything: null, stopsEverything: false };

/** A matcher that hits so much of so many harmless samples hits everything, whatever it is called. */
const MOST = 0.5;
const MOST_FROM = 5;

/** Whether a rule looks for everything, or was measured to hit most of what is harmless. */
export function hitsEverything(
  { matcher }: Pick<Asked, 'matcher'>,
  backtest: Pick<BacktestFigures, 'notHarmful'> | null,
): boolean {
  if (matcher?.kind === 'any') return true;
  const { hits, total } = backtest?.notHarmful.control ?? { hits: 0, total: 0 };
  return total >= MOST_FROM && hits / total >= MOST;
}

/** The one answer to what a rule may do at worst: approval, glass, gates and risk ask here. */
export function worstOf(rule: Asked, backtest: Pick<BacktestFigures, 'notHarmful'> | null): Worst {
  const { action, mode, fail } = rule;
  if (mode !== 'enforce') return NOTHING;
  const failing = [fail.onError, fail.onStale].flatMap((way) => FAIL_ACTIONS[way] ?? []);
  const acts = [action, ...failing];
  const hits = hitsEverything(rule, backtest);
  const byHits = hits && canChangeAnswer(action);
  return {
    onlyCounts: acts.every((act) => onlyCounts({ mode, action: act })),
    changesAnswer: acts.some(canChangeAnswer),
    everything: byHits ? 'hits' : failing.some(canChangeAnswer) ? 'fails' : null,
    stopsEverything: (hits && stopsAnswer(action)) || failing.some(stopsAnswer),
  };
}

/** What a rule may do to everything in its scope, as a sentence; null where it cannot. */
export function everythingWords({ everything }: Worst): string | null {
  if (everything === null) return null;
  return everything === 'hits'
    ? 'It acts on everything in its scope, harmful or not.'
    : 'It blocks everything in its scope, harmful or not, where an instance cannot judge it or is cut off for long.';
}
