'use client';

import type { RuleDraft } from '#lib/mitigations/schema';
import { BacktestPanel } from '../backtest-panel.tsx';
import { useBacktest } from '../use-backtest.ts';

/** What the rule would have done by now, for whoever is about to approve it. */
export function TriedRule({ draft, incident }: { draft: RuleDraft; incident: string }) {
  return <BacktestPanel {...useBacktest(draft, { incident, cluster: null })} />;
}
