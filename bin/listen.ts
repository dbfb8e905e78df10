import type { Server } from 'node:http';
import { PlainError } from './plain-error.ts';

/** Listens, or refuses in one line when the port is taken. */
export function listen(
  server: Server,
  port: number,
  host: string,
  variable: 'PORT' | 'FEED_PORT',
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `Port ${port} is taken by another program. Set ${variable} to a free one.`;
      reject(error.code === 'EADDRINUSE' ? new PlainError(taken) : error);
    });
    server.listen(port, host, () => resolve());
  });
}
