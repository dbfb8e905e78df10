import { errorFields, log } from '#lib/log';
import { claimBacktest, hasWaiting, RUNNING_MAX, workOn } from '#lib/mitigations/backtest-jobs';
import { endIdleThreads } from '#lib/mitigations/backtest-threads';
import { sleep } from './leader.ts';

const IDLE_MS = 150;
const TROUBLE_MS = 1_000;

/**
 * Runs back-tests as they are asked for until stopped, on threads of their own so that nothing else here waits for
 * them. Any number of workers share them out; among all of them at most `RUNNING_MAX` run.
 */
export async function runBacktests(stopped: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: RUNNING_MAX }, () => takeTurns(stopped)));
  endIdleThreads();
}

async function takeTurns(stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    let waitMs = IDLE_MS;
    try {
      const claimed = (await hasWaiting()) ? await claimBacktest() : null;
      if (claimed) {
        waitMs = 0;
        await workOn(claimed, stopped);
      }
    } catch (error) {
      waitMs = TROUBLE_MS;
      log('warn', 'running back-tests failed, trying again', errorFields(error));
    }
    await sleep(waitMs, stopped);
  }
}
