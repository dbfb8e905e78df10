'use client';

import { useCallback, useEffect, useMemo, useState } from 'react';
import { attempt } from '#components/attempt';
import type { BacktestResult } from '#lib/mitigations/backtest';
import type { RuleDraft } from '#lib/mitigations/schema';
import { cancelBacktestAction, readBacktestAction, startBacktestAction } from './actions.ts';
import { packed } from './packed.ts';

const DEBOUNCE_MS = 400;
const LOOK_MS = 250;

/** What the draft is tried for; each narrows what "this incident" and "this cluster" mean. */
type BacktestFor = { mitigation?: string | undefined; incident: string | null; cluster: string | null };

export type BacktestView = {
  /** The last finished one; kept while the next runs, so that nothing jumps. */
  result: BacktestResult | null;
  /** The result is of the draft as it is now. */
  current: boolean;
  running: boolean;
  scanned: number;
  /** How many there are to judge; 0 until that is counted. */
  total: number;
  /** What it waits for, while nothing moves. */
  waits: string | null;
  cancelled: boolean;
  error: string | null;
  cancel: () => void;
  again: () => void;
};

/** `of`: the draft that the result is of. */
type State = Omit<BacktestView, 'cancel' | 'again' | 'current'> & { of: string | null };

const still = (result: BacktestResult | null, of: string | null): State => ({
  result,
  of,
  running: false,
  scanned: 0,
  total: 0,
  waits: null,
  cancelled: false,
  error: null,
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Tries the draft on what is stored, as a job of the server's with progress. The newest draft wins: a change cancels
 * what runs. With `known`, the result of this very draft, nothing runs before somebody asks.
 */
export function useBacktest(
  draft: RuleDraft | null,
  about: BacktestFor,
  known: BacktestResult | null = null,
): BacktestView {
  const { mitigation, incident, cluster } = about;
  // A list of a hundred thousand packages is not written down for every key.
  const key = useMemo(
    () => draft && packed({ draft, ...told({ mitigation, incident, cluster }) }),
    [draft, mitigation, incident, cluster],
  );
  const [{ of, ...state }, setState] = useState<State>(still(known, known && key));
  const [asked, setAsked] = useState(known === null ? 1 : 0);
  const [stopped, setStopped] = useState(0);

  useEffect(() => {
    if (key === null) setState(still(null, null));
    if (key === null || asked === 0 || stopped === asked) return;
    let over = false;
    let id: string | null = null;
    const fail = (error: string) => setState((before) => ({ ...before, running: false, error }));
    setState((before) => ({
      ...before,
      running: true,
      cancelled: false,
      error: null,
      scanned: 0,
      total: 0,
      waits: null,
    }));
    async function run(input: string) {
      const started = await attempt(startBacktestAction(input));
      if (over) {
        if (started.ok) void attempt(cancelBacktestAction({ id: started.data.id }));
        return;
      }
      if (!started.ok) return fail(started.message);
      id = started.data.id;
      while (!over) {
        const answer = await attempt(readBacktestAction({ id }));
        if (over) return;
        if (!answer.ok) return fail(answer.message);
        const { state: now, scanned, total, result, problem } = answer.data;
        if (now !== 'running') {
          id = null;
          return setState((before) => ({
            result: result ?? before.result,
            of: result ? input : before.of,
            running: false,
            scanned,
            total,
            waits: null,
            cancelled: now === 'cancelled',
            error: now === 'failed' ? (problem ?? 'It could not be finished.') : null,
          }));
        }
        setState((before) => ({ ...before, scanned, total, waits: problem }));
        await pause(LOOK_MS);
      }
    }
    const timer = setTimeout(() => void run(key), DEBOUNCE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
      if (id !== null) void attempt(cancelBacktestAction({ id }));
    };
  }, [key, asked, stopped]);

  const cancel = useCallback(() => {
    setStopped(asked);
    setState((before) => ({ ...before, running: false, cancelled: true }));
  }, [asked]);
  const again = useCallback(() => setAsked((times) => times + 1), []);
  return { ...state, current: of !== null && of === key, cancel, again };
}

function told({ mitigation, incident, cluster }: BacktestFor) {
  return {
    ...(mitigation !== undefined && { mitigation }),
    ...(incident !== null && { incident }),
    ...(cluster !== null && { cluster }),
  };
}
