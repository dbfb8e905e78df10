import type { Rule } from '#sdk/rule';
import type { BacktestFigures } from './backtest-tally.ts';
import type { Plan } from './plan.ts';

/** A rule that lives longer is not short. */
export const SHORT_MS = 60 * 60_000;
/** Hits among harmless interactions, upper end of the interval, from which a rule is not rare. */
export const RARE_SHARE = 0.001;

/** Who must have agreed besides the author: nobody, or one other person; and why, in sentences. */
export type ApprovalNeed = { approvals: 0 | 1; reasons: string[] };

/** A shorter canary shows nothing; the default of the highest severity. */
export const CANARY_LEAST_SECONDS = 10;

export type Judged = Pick<Rule, 'scope' | 'action' | 'fail'> & {
  mode: Rule['mode'];
  plan: Pick<Plan, 'canarySeconds'>;
  expiresAt: Date | string;
};

/** Actions that leave every answer as it is. */
const HARMLESS_ACTIONS: readonly Rule['action'][] = ['flag', 'require_review'];

/** Narrow: it names a model or feature, and whom or what of it. */
function isNarrow({
  models,
  versions,
  features,
  tenants,
  tiers,
  languages,
  surfaces,
  labels,
}: Rule['scope']): boolean {
  const names = (...lists: (readonly string[] | undefined)[]) =>
    lists.some((list) => list && list.length > 0);
  return (
    names(tenants) || (names(models, features) && (names(versions, languages, surfaces, tiers) || !!labels))
  );
}

const perCent = (share: number) => `${Number((share * 100).toPrecision(2))} %`;

/** What a rule's measured risk asks for. Pure: the page says it before anybody presses a key. */
export function approvalNeeded(
  rule: Judged,
  backtest: Pick<BacktestFigures, 'notHarmful'> | null,
  now = new Date(),
): ApprovalNeed {
  const closes = Object.values(rule.fail).includes('closed');
  if (rule.mode === 'shadow' || (HARMLESS_ACTIONS.includes(rule.action) && !closes)) {
    return { approvals: 0, reasons: ['It changes no answer.'] };
  }
  const against: string[] = [];
  if (!isNarrow(rule.scope))
    against.push('It is not narrow: no tenant, and no model with a language or surface.');
  const life = new Date(rule.expiresAt).getTime() - now.getTime();
  if (life > SHORT_MS) against.push(`It lives longer than ${SHORT_MS / 60_000} minutes.`);
  if (rule.plan.canarySeconds === 0) against.push('It skips the canary.');
  else if (rule.plan.canarySeconds < CANARY_LEAST_SECONDS) {
    against.push(`Its canary is shorter than ${CANARY_LEAST_SECONDS} seconds, which shows nothing.`);
  }
  if (closes)
    against.push('It blocks all of its scope where an instance cannot judge or is cut off for long.');
  if (!backtest) against.push('This version has not been back-tested.');
  else {
    const { control, upperBound95, high } = backtest.notHarmful;
    const most = upperBound95 ?? high;
    if (control.total === 0)
      against.push('There is no control data: nobody knows how much harmless traffic it hits.');
    else if (most === null || most >= RARE_SHARE) {
      against.push(
        `It may hit up to ${perCent(most ?? 1)} of harmless traffic; rare is below ${perCent(RARE_SHARE)}.`,
      );
    }
  }
  if (against.length > 0) return { approvals: 1, reasons: against };
  const most = backtest?.notHarmful.upperBound95 ?? backtest?.notHarmful.high ?? 0;
  return {
    approvals: 0,
    reasons: [`It is narrow, ends within the hour, and hits at most ${perCent(most)} of harmless traffic.`],
  };
}
