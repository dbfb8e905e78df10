import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { env } from '#lib/env';
import type { Answer, Order } from './backtest-thread.ts';

/** How long idle threads are kept, compiled and connected, for the next back-test. */
const KEEP_MS = 60_000;
const THREADS = Math.max(1, Math.min(4, availableParallelism()));

type Done = Extract<Answer, { kind: 'done' }>;

/** One thread that answers one order at a time. */
class Thread {
  readonly #worker: Worker;

  constructor() {
    this.#worker = new Worker(new URL('./backtest-thread.ts', import.meta.url), {
      workerData: { url: env().DATABASE_URL },
      // As every process of this project is started; nothing else of this process concerns it.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.#worker.unref();
    // Without a listener of its own, a thread that fails between two orders would end the process.
    this.#worker.on('error', () => undefined);
  }

  ask(order: Order): Promise<Done> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#worker.off('message', onMessage);
        this.#worker.off('error', onError);
        this.#worker.off('exit', onExit);
        act();
      };
      const onMessage = (answer: Answer) =>
        settle(() => (answer.kind === 'done' ? resolve(answer) : reject(new Error(answer.message))));
      const onError = (error: unknown) => settle(() => reject(error));
      const onExit = () => settle(() => reject(new Error('the thread ended')));
      this.#worker.on('message', onMessage);
      this.#worker.on('error', onError);
      this.#worker.on('exit', onExit);
      this.#worker.ref();
      this.#worker.postMessage(order);
    }).finally(() => this.#worker.unref()) as Promise<Done>;
  }

  end(): void {
    void this.#worker.terminate();
  }
}

let idle: { threads: Thread[]; timer: NodeJS.Timeout } | undefined;

/**
 * Gives `work` the threads that share one back-test. When the signal fires they are ended in the middle of whatever
 * they do, and what `work` waits for rejects.
 */
export async function withThreads<T>(
  signal: AbortSignal,
  work: (threads: readonly { ask(order: Order): Promise<Done> }[]) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  if (idle) clearTimeout(idle.timer);
  const threads = idle?.threads ?? Array.from({ length: THREADS }, () => new Thread());
  idle = undefined;
  const end = () => {
    for (const thread of threads) thread.end();
  };
  signal.addEventListener('abort', end);
  try {
    const result = await work(threads);
    signal.throwIfAborted();
    if (idle) end();
    else idle = { threads, timer: setTimeout(endIdleThreads, KEEP_MS).unref() };
    return result;
  } catch (error) {
    end();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Ends the threads that are kept for the next back-test. */
export function endIdleThreads(): void {
  if (!idle) return;
  clearTimeout(idle.timer);
  for (const thread of idle.threads) thread.end();
  idle = undefined;
}
