import { AppError } from '#lib/errors';
import type { Rule } from '#sdk/rule';
import type { BacktestFigures } from './backtest-tally.ts';
import { type Asked, worstOf } from './worst.ts';

// What keeps a bad rule in the building, one question each. Drafting, publishing and every load ask what they can by
// themselves, so that none relies on another.

/** A rule that hits more of the control sample than this is refused: it does not tell harm from the rest. */
export const CONTROL_SHARE_MAX = 0.05;
/** Fewer control samples say nothing. */
export const CONTROL_MIN = 20;

/** Whether enough harmless traffic was tried to say how much of it a rule hits. */
export function isMeasured(backtest: Pick<BacktestFigures, 'notHarmful'> | null): boolean {
  return backtest !== null && backtest.notHarmful.control.total >= CONTROL_MIN;
}

/**
 * Why the measured share of harmless traffic forbids the rule; null when it does not. What is meant to act on
 * everything in its scope is no mistake: it takes two people who say so instead.
 */
export function controlProblem(
  rule: Asked,
  backtest: Pick<BacktestFigures, 'notHarmful'> | null,
): string | null {
  if (!backtest) return null;
  const { onlyCounts, changesAnswer } = worstOf(rule, null);
  if (onlyCounts || (rule.matcher?.kind === 'any' && changesAnswer)) return null;
  const { hits, total } = backtest.notHarmful.control;
  if (!isMeasured(backtest) || hits / total <= CONTROL_SHARE_MAX) return null;
  const share = `${hits} of ${total} control samples (${Math.round((hits / total) * 100)} %)`;
  return `It would hit ${share}; at most ${CONTROL_SHARE_MAX * 100} % may be hit. Narrow it, or try it in shadow.`;
}

/** Rules and bytes of a snapshot. */
export type Size = { rules: number; bytes: number };

/** Below this a snapshot may grow as it likes. */
export const GROWTH_FLOOR: Size = { rules: 50, bytes: 128 * 1024 };
const GROWTH_FACTOR = 2;

/** Why a snapshot that much larger than the one before needs somebody's word; null when it does not. */
export function growthProblem(before: Size, after: Size): string | null {
  for (const what of ['rules', 'bytes'] as const) {
    if (after[what] <= Math.max(GROWTH_FLOOR[what], before[what] * GROWTH_FACTOR)) continue;
    return `The snapshot would grow from ${before[what]} to ${after[what]} ${what}, more than twice.`;
  }
  return null;
}

/** Throws the refusal of a snapshot that grew, unless somebody has said that it should. */
export function refuseGrowth(before: Size, after: Size, accepted: boolean): void {
  const problem = accepted ? null : growthProblem(before, after);
  if (problem === null) return;
  throw new AppError('conflict', `Nothing was published. ${problem} If that is meant, say so.`, {
    fields: { acceptGrowth: problem },
  });
}

/** Hits of harmless traffic that the back-test leaves possible, times this, before an instance raises an alarm. */
const BREAKER_FACTOR = 10;
/** A wave of what the rule is for is no alarm. */
const BREAKER_FLOOR = 0.5;

/** The share of decisions that a rule may hit before an instance raises an alarm. */
export function maxHitRateOf(
  { matcher }: Pick<Rule, 'matcher'>,
  backtest: Pick<BacktestFigures, 'notHarmful'> | null,
): number {
  // It is meant to hit everything in its scope.
  if (matcher.kind === 'any') return 1;
  const most = backtest?.notHarmful.upperBound95 ?? backtest?.notHarmful.high ?? 0;
  return Math.min(1, Math.max(BREAKER_FLOOR, most * BREAKER_FACTOR));
}
