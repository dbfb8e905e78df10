import type { Server } from 'node:http';
import { PlainError } from './plain-error.ts';

/** Listens, or refuses in one line when the port is taken. */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenProblem(error, port, 'PORT')));
    server.listen(port, host, () => resolve());
  });
}

export function listenProblem(
  error: unknown,
  port: number,
  variable: 'PORT' | 'FEED_PORT' | 'STOPGAP_SIDECAR_PORT' | 'STOPGAP_RELAY_PORT',
): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  return new PlainError(`Port ${port} is taken by another program. Set ${variable} to a free one.`);
}
