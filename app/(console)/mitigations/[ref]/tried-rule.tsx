'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import type { BacktestResult } from '#lib/mitigations/backtest';
import type { RuleDraft } from '#lib/mitigations/schema';
import { BacktestPanel } from '../backtest-panel.tsx';
import { useBacktest } from '../use-backtest.ts';

type Props = {
  draft: RuleDraft;
  mitigation: string;
  incident: string;
  cluster: string | null;
  /** The newest back-test of this version, null when it was never tried. */
  known: BacktestResult | null;
};

/** What the rule would have done by now, for whoever is about to approve it; runs by itself where nobody has yet. */
export function TriedRule({ draft, mitigation, incident, cluster, known }: Props) {
  const router = useRouter();
  const view = useBacktest(draft, { mitigation, incident, cluster }, known);
  const finished = view.current && view.result !== known ? view.result : null;
  // What approving it takes depends on these figures, and stands above them on the same page.
  useEffect(() => {
    if (finished) router.refresh();
  }, [finished, router]);
  return <BacktestPanel {...view} />;
}
