import type { Count } from '#lib/mitigations/backtest-tally';
import { RARE } from '#lib/mitigations/rare';
import type { RuleForm } from './rule-form.ts';
import { counted, sharePercent } from './words.ts';

export type FindChoice = {
  /** Null where it stays as it is. */
  find: RuleForm['find'] | null;
  why: string;
};

/**
 * Where the packages of a rule are looked for, from the harmless interactions that mention them: anywhere, so that
 * nothing slips through, while hardly any of those do. `chosen`: a person decided it.
 */
export function chooseFind({ hits, total }: Count, chosen: boolean): FindChoice {
  if (chosen) return { find: null, why: 'Your choice of where to look is kept.' };
  if (total === 0) {
    return { find: null, why: 'No harmless traffic is in scope, so these figures cannot choose for you.' };
  }
  const of = `${hits.toLocaleString('en')} of ${counted(total, 'harmless interaction')}`;
  const found = `${of} ${hits === 1 ? 'mentions' : 'mention'} them`;
  const most = sharePercent(RARE);
  return hits / total <= RARE
    ? { find: 'mentioned', why: `The rule looks for any mention: ${found}, and up to ${most} is accepted.` }
    : { find: 'imported', why: `The rule looks for imports and installs only: ${found}, more than ${most}.` };
}
