import { errorFields, log } from '#lib/log';

const STOP_LIMIT_MS = 8_000;

/** What a process tells the supervisor that started it. */
export type ChildMessage = { ready: true } | { say: string };

function send(message: ChildMessage): void {
  if (process.connected) process.send?.(message, () => undefined);
}

/** For the terminal of whoever runs Stopgap: one short line that matters to a person. */
export function say(line: string): void {
  if (process.connected) send({ say: line });
  else process.stdout.write(`${line}\n`);
}

/** Tells the supervisor that this process does its work; for processes without a port. */
export function ready(): void {
  send({ ready: true });
}

/**
 * Ends this process in order at SIGTERM, Ctrl-C, a closed terminal, or when the supervisor that started it is
 * gone, however it went. `stop` gets 8 s.
 */
export function endWith(stop: () => Promise<void>): void {
  let stopping = false;
  const end = async (reason: string) => {
    if (stopping) return;
    stopping = true;
    log('info', 'stopping', { reason });
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    try {
      await stop();
      process.exit(0);
    } catch (error) {
      log('error', 'stopped badly', errorFields(error));
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end(signal));
  if (process.connected) process.on('disconnect', () => void end('the supervisor is gone'));
  // The pipes to a supervisor that was killed are closed; writing to them must not cut the end short.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}
