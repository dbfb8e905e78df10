import { expect } from 'vitest';
import type { Actor } from '#lib/actor';
import {
  type BacktestResult,
  readBacktest,
  type StartBacktest,
  startBacktest,
} from '#lib/mitigations/backtest';
import { claimBacktest, workOn } from '#lib/mitigations/backtest-jobs';

/** Does what the worker does with the back-test that waits longest. */
export async function workOnNext(): Promise<void> {
  const claimed = await claimBacktest();
  if (!claimed) throw new Error('no back-test waits, or enough run');
  await workOn(claimed, new AbortController().signal);
}

/** A back-test from its start to its figures. */
export async function tried(actor: Actor, input: StartBacktest): Promise<BacktestResult> {
  const { id } = await startBacktest(actor, input);
  await workOnNext();
  const { state, problem, result } = await readBacktest(actor, id);
  expect({ state, problem }).toEqual({ state: 'done', problem: null });
  if (!result) throw new Error('done without a result');
  return result;
}
