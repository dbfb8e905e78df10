'use client';

import type { BacktestResult } from '#lib/mitigations/backtest';
import type { RuleMatcher } from '#sdk/rule';
import classes from './composer.module.css';

type Props = {
  matcher: RuleMatcher | null;
  /** Of the rule as it is, and of the same packages looked for the other way; null while one of them runs. */
  result: BacktestResult | null;
  other: BacktestResult | null;
};

/** What each way to look for packages would hit, side by side, so that the choice rests on figures. */
export function WaysCompared({ matcher, result, other }: Props) {
  if (matcher?.kind !== 'imports' || !result || !other) return null;
  const [mentioned, imported] = matcher.find === 'mentioned' ? [result, other] : [other, result];
  return (
    <p className={classes.hint} role="status">
      Mentioned anywhere: {hitsWords(mentioned)}. Imported or installed: {hitsWords(imported)}.
    </p>
  );
}

function hitsWords({ incident, notHarmful }: BacktestResult): string {
  const of = ({ hits, total }: { hits: number; total: number }) =>
    `${hits.toLocaleString('en')} of ${total.toLocaleString('en')}`;
  return `${of(incident)} of this incident, ${of(notHarmful)} harmless`;
}
