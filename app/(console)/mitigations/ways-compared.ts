import type { BacktestResult } from '#lib/mitigations/backtest';
import type { RuleForm } from './rule-form.ts';

export type WaysCompared = {
  results: Record<RuleForm['find'], BacktestResult>;
  /** Why packages are looked for the way they are. */
  why: string;
};

/** "25 of 25 in this cluster, 0 of 366 harmless": what one way to look for packages would match. */
export function wayWords({ cluster, incident, notHarmful }: BacktestResult): string {
  const of = ({ hits, total }: { hits: number; total: number }, what: string) =>
    total === 0 ? [] : [`${hits.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}`];
  const parts = [
    ...(cluster ? of(cluster, 'in this cluster') : []),
    ...of(incident, 'in this incident'),
    ...of(notHarmful, 'harmless'),
  ];
  return parts.length > 0 ? `Matches ${parts.join(', ')}.` : 'Nothing stored to compare with.';
}
