import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';

/** A process of the bench that answers messages; ends with it, whatever happens. */
export type Child = {
  process: ChildProcess;
  /** The next message that `accept` takes; rejects after `timeoutMs` or when the child ends. */
  next<T>(accept: (message: unknown) => message is T, timeoutMs: number): Promise<T>;
  stop(): Promise<void>;
};

/** Nanoseconds of the machine's monotonic clock, the same in every process, in milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Starts `bench/<file>` under the same Node; its standard output is kept out of the result. */
export function startChild(file: string, env: Record<string, string> = {}): Child {
  const child = fork(path.join(import.meta.dirname, file), [], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    process: child,
    next: (accept, timeoutMs) =>
      new Promise((resolve, reject) => {
        const onMessage = (message: unknown) => {
          if (!accept(message)) return;
          settle();
          resolve(message);
        };
        const onExit = (code: number | null) => {
          settle();
          reject(new Error(`${file} ended with ${code}.`));
        };
        const timer = setTimeout(() => {
          settle();
          reject(new Error(`${file} did not answer within ${timeoutMs} ms.`));
        }, timeoutMs);
        const settle = () => {
          clearTimeout(timer);
          child.off('message', onMessage);
          child.off('exit', onExit);
        };
        child.on('message', onMessage);
        child.on('exit', onExit);
      }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
