import type { BacktestResult } from '#lib/mitigations/backtest';
import classes from './composer.module.css';

type Props = {
  mentioned: BacktestResult;
  imported: BacktestResult;
  /** Why packages are looked for the way they are. */
  why: string;
};

/** What each way to look for packages would hit, side by side, so that the choice rests on figures. */
export function WaysCompared({ mentioned, imported, why }: Props) {
  return (
    <p className={classes.hint} role="status">
      Mentioned anywhere: {hitsWords(mentioned)}. Imported or installed: {hitsWords(imported)}. {why}
    </p>
  );
}

function hitsWords({ incident, notHarmful }: BacktestResult): string {
  const of = ({ hits, total }: { hits: number; total: number }) =>
    `${hits.toLocaleString('en')} of ${total.toLocaleString('en')}`;
  return `${of(incident)} of this incident, ${of(notHarmful)} harmless`;
}
