import type { Rule } from '#sdk/rule';
import { type BacktestFigures, upperBound } from './backtest-tally.ts';
import { CONTROL_MIN, isMeasured } from './gates.ts';
import { type Traffic, whyNotNarrow } from './narrow.ts';
import { canaryProblem, type Plan } from './plan.ts';
import { type Asked, everythingWords, worstOf } from './worst.ts';

/** A rule that lives longer is not short. */
const SHORT_MS = 60 * 60_000;
/** Hits among harmless interactions, upper end of the interval, from which a rule is not rare. */
const RARE_SHARE = 0.001;

/** What was measured longer ago says little of the traffic of today. */
export const BACKTEST_FRESH_MS = 24 * 60 * 60_000;

/** What a back-test found; without `finishedAt` it was run a moment ago. */
export type Measured = Pick<BacktestFigures, 'notHarmful'> & { finishedAt?: Date | null };

/**
 * Who must have agreed besides the author: nobody, one other person, or two where nobody knows who the author is; and
 * why, in sentences.
 */
type ApprovalNeed = { approvals: 0 | 1 | 2; reasons: string[] };

export type Judged = Asked & {
  scope: Rule['scope'];
  /** What came in the last day, and how much of it in the scope; left out or null where nobody knows. */
  traffic?: Traffic | null;
  /** Part of it was written with a key that names no holder. */
  writerUnknown?: boolean;
  plan: Pick<Plan, 'canarySeconds' | 'canaryInstances' | 'canaryRequests'>;
  expiresAt: Date | string;
};

const perCent = (share: number) => `${Number((share * 100).toPrecision(2))} %`;

/**
 * The most that the rule may hit of harmless traffic, 0 to 1; null without data. The control sample counts by itself:
 * what people decided to be benign is no sample, and deciding more of it must not make a rule look rarer.
 */
function mostHit({ control, ...all }: BacktestFigures['notHarmful']): number | null {
  const bounds = [all, control].map((share) => upperBound(share) ?? share.high);
  return bounds.reduce((most, bound) => (bound === null || most === null ? null : Math.max(most, bound)));
}

/** What a rule's measured risk asks for. Pure: the page says it before anybody presses a key. */
export function approvalNeeded(rule: Judged, backtest: Measured | null, now = new Date()): ApprovalNeed {
  const worst = worstOf(rule, backtest);
  if (!worst.changesAnswer) return { approvals: 0, reasons: ['It changes no answer.'] };
  const against: string[] = [];
  if (rule.writerUnknown) against.push('It was written with a key that names no holder.');
  const everything = everythingWords(worst);
  if (everything !== null) against.push(everything);
  const wide = whyNotNarrow(rule.scope, rule.traffic ?? null);
  if (wide !== null) against.push(wide);
  const life = new Date(rule.expiresAt).getTime() - now.getTime();
  if (life > SHORT_MS) against.push(`It runs longer than ${SHORT_MS / 60_000} minutes.`);
  const canary = canaryProblem(rule.plan);
  if (canary !== null) against.push(canary);
  const most = backtest && mostHit(backtest.notHarmful);
  if (!backtest) against.push('This version has not been back-tested.');
  else {
    if (backtest.finishedAt && now.getTime() - backtest.finishedAt.getTime() > BACKTEST_FRESH_MS)
      against.push('Its back-test is older than a day: run it again.');
    const { total } = backtest.notHarmful.control;
    if (total === 0)
      against.push('There is no control data: nobody knows how much harmless traffic it hits.');
    else if (!isMeasured(backtest)) {
      against.push(`There are ${total} control samples in its scope; fewer than ${CONTROL_MIN} say nothing.`);
    } else if (most === null || most >= RARE_SHARE) {
      against.push(
        `It may hit up to ${perCent(most ?? 1)} of harmless traffic (limit for publishing alone: ${perCent(RARE_SHARE)}).`,
      );
    }
  }
  if (against.length > 0) return { approvals: rule.writerUnknown ? 2 : 1, reasons: against };
  return {
    approvals: 0,
    reasons: [
      `It is narrow, ends within the hour, and hits at most ${perCent(most ?? 0)} of harmless traffic.`,
    ],
  };
}
