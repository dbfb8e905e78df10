import { cpus } from 'node:os';

/** Milliseconds of processor time that this process has used so far. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The same of everything that runs on this machine, over all its cores. */
export function machineCpuMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/** Answers the message `cpu` with what this process has used so far. */
export function answerCpu(): void {
  process.on('message', (message) => {
    if (message === 'cpu') process.send?.({ kind: 'cpu', ms: cpuMs() });
  });
}
