import type { Figure } from '#lib/quality/agreement';
import { MIN_ITEMS } from '#lib/quality/agreement';
import type { Word } from '#lib/quality/disagreements';

const percent = (value: number) => `${Math.round(value * 100)} %`;
// A minus sign of its own width, so that columns of figures stand.
const plain = (value: number) => value.toFixed(2).replace('-', '−');

/** "0.71, between 0.64 and 0.78 · 212 items", or why there is no figure. */
export function figureText(figure: Figure, unit: 'percent' | 'plain'): string {
  const items = `${figure.n.toLocaleString('en')} ${figure.n === 1 ? 'item' : 'items'}`;
  if (figure.value === null) {
    return figure.reason === 'too_few'
      ? `hidden: ${figure.n} of the ${MIN_ITEMS} items it takes`
      : `undefined: the same verdict on all ${items}`;
  }
  const say = unit === 'percent' ? percent : plain;
  return `${say(figure.value)}, between ${say(figure.low)} and ${say(figure.high)} · ${items}`;
}

/** What alpha tells, by the bounds its author gives: 0.8 to rely on, 0.667 for tentative conclusions. */
export function alphaInWords({ value }: { value: number }): string {
  if (value >= 0.8) return 'Reviewers mean the same by the policies: verdicts can be relied on.';
  if (value >= 0.667)
    return 'Good enough for tentative conclusions; the disagreements below are worth a talk.';
  if (value > 0.2)
    return 'Too little to rely on: the disagreements below say which clauses are read differently.';
  return 'Hardly more than chance would give.';
}

/** "harmful under Injection", "benign". */
export function wordText({ verdict, policyTitle, policyKey }: Word): string {
  return policyKey === null ? verdict : `${verdict} under ${policyTitle ?? policyKey}`;
}

/** "3 of 8 (38 %)"; a dash where there was nothing. */
export function shareText(part: number, whole: number): string {
  return whole === 0
    ? '–'
    : `${part.toLocaleString('en')} of ${whole.toLocaleString('en')} (${percent(part / whole)})`;
}
