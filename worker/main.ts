import { Logger, type Runner, run } from 'graphile-worker';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { errorFields, log } from '#lib/log';
import { runClocks } from './clocks.ts';
import { crontab, jobs } from './jobs.ts';
import { sleep } from './leader.ts';

const CONCURRENCY = 4;
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 10_000;

type RunningWorker = { stop(): Promise<void> };

/**
 * Runs the jobs and the clocks until stopped. A database that is away is waited for, for ever; any number of
 * copies may run. `onReady` is called when jobs are taken for the first time.
 */
export function startWorker(options: { onReady: () => void }): RunningWorker {
  const stopping = new AbortController();
  const clocks = runClocks(stopping.signal);
  const queue = runQueue(options.onReady, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all([clocks, queue]);
      await db.$disconnect();
    },
  };
}

async function runQueue(onReady: () => void, stopped: AbortSignal): Promise<void> {
  let retryMs = RETRY_MS;
  while (!stopped.aborted) {
    let runner: Runner | undefined;
    try {
      runner = await run({
        connectionString: env().DATABASE_URL,
        maxPoolSize: CONCURRENCY + 2,
        concurrency: CONCURRENCY,
        taskList: jobs,
        crontab,
        noHandleSignals: true,
        gracefulShutdownAbortTimeout: 1_000,
        // A connection that breaks while a job is marked as done then ends this pool, and the next one goes on; with
        // the default of -1 the library leaves that rejection to nobody, and Node ends the process.
        preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
        logger: jsonLogger,
      });
      // A fresh installation has no ruleset yet, and instances wait for one.
      await runner.addJob('renew_snapshot', {}, { jobKey: 'renew_snapshot' });
      onReady();
      retryMs = RETRY_MS;
      const stopSignal = new Promise<void>((resolve) => stopped.addEventListener('abort', () => resolve()));
      await Promise.race([runner.promise, stopped.aborted ? undefined : stopSignal]);
    } catch (error) {
      log('warn', 'the job queue was interrupted', errorFields(error));
    }
    await runner?.stop().catch(() => undefined);
    await sleep(retryMs, stopped);
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }
}

const jsonLogger = new Logger((scope) => (level, message) => {
  // At info it writes two lines for every job of every minute.
  if (level === 'debug' || level === 'info') return;
  log(level === 'error' ? 'error' : 'warn', message, { task: scope.taskIdentifier, job: scope.jobId });
});
