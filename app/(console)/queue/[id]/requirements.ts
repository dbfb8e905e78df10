import type { CurrentPolicy } from '#lib/policies/queries';
import type { Verdict } from '#lib/reviews/schema';
import type { ReviewSettings } from '#lib/settings/schema';

export type BarPolicy = CurrentPolicy & { reasonRequired?: boolean };
type BarRules = Pick<ReviewSettings, 'policyRequiredFor' | 'noteRequiredFor'>;

/**
 * What a decision still needs before it is worth sending; the server checks the same again. Policies matter only
 * where there are any.
 */
export function missingFor(
  rules: BarRules,
  verdict: Verdict,
  policy: BarPolicy | undefined,
  note: string,
): 'policy' | 'note' | null {
  if (!policy && rules.policyRequiredFor.includes(verdict)) return 'policy';
  const wantsNote = rules.noteRequiredFor.includes(verdict) || policy?.reasonRequired === true;
  return wantsNote && note === '' ? 'note' : null;
}
