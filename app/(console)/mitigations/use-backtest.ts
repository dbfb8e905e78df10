'use client';

import { useEffect, useRef, useState } from 'react';
import type { Backtest } from '#lib/mitigations/backtest';
import type { RuleDraft } from '#lib/mitigations/schema';
import { backtestAction } from './actions.ts';

const DEBOUNCE_MS = 400;

export type BacktestView = {
  /** The last finished one; kept while the next runs, so that nothing jumps. */
  result: Backtest | null;
  running: boolean;
  error: string | null;
};

const IDLE: BacktestView = { result: null, running: false, error: null };

/** Tries the draft on stored interactions as it changes: one request at a time, and the newest draft wins. */
export function useBacktest(
  draft: RuleDraft | null,
  { incident }: { incident: string | null; cluster: string | null },
): BacktestView {
  const [view, setView] = useState<BacktestView>(IDLE);
  const key = draft && JSON.stringify(draft);
  const wanted = useRef(key);
  const busy = useRef(false);

  useEffect(() => {
    wanted.current = key;
    // From the first key on, what is shown belongs to an older draft.
    setView((view) => (key === null ? { ...IDLE } : { ...view, running: true }));
    if (key === null) return;
    async function run() {
      if (busy.current) return;
      busy.current = true;
      try {
        let asked: string | null = null;
        while (wanted.current !== null && wanted.current !== asked) {
          asked = wanted.current;
          const answer = await backtestAction({
            ...JSON.parse(asked),
            ...(incident !== null && { incident }),
          });
          // Meanwhile there may be nothing left to try.
          if (wanted.current === null) break;
          if (answer.ok) setView({ result: answer.data, running: wanted.current !== asked, error: null });
          else setView((view) => ({ ...view, running: false, error: answer.message }));
        }
      } catch {
        setView((view) => ({
          ...view,
          running: false,
          error: 'The server could not be reached; type to try again.',
        }));
      } finally {
        busy.current = false;
      }
    }
    const timer = setTimeout(() => void run(), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [key, incident]);

  return view;
}
