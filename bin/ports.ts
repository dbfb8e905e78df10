import { createServer } from 'node:net';
import { PlainError } from './plain-error.ts';

export type WantedPort = { port: number; variable: 'PORT' | 'FEED_PORT' };

/** Refuses in one line when another program listens on a port we need. `command` is what the reader typed. */
export async function requirePorts(wanted: WantedPort[], host: string, command: string): Promise<void> {
  const [first, second] = wanted;
  if (first && second && first.port === second.port) {
    throw new PlainError(`PORT and FEED_PORT are both ${first.port}. Give each a port of its own.`);
  }
  for (const { port, variable } of wanted) {
    const problem = await whyNot(port, host);
    if (problem === null) continue;
    if (problem === 'EACCES') {
      throw new PlainError(`This user may not listen on port ${port}. Set ${variable} to one above 1023.`);
    }
    if (problem === 'EADDRINUSE') {
      throw new PlainError(
        `Port ${port} is taken by another program. Set ${variable} to a free one: ${variable}=${port + 10} npm run ${command}`,
      );
    }
    throw new PlainError(`Cannot listen on ${host}:${port} (${problem}). Check HOST.`);
  }
}

async function whyNot(port: number, host: string): Promise<string | null> {
  // Some systems let a wildcard address share a port with a narrower one, so both are tried.
  for (const address of new Set([host, '127.0.0.1'])) {
    const problem = await new Promise<string | null>((resolve) => {
      const probe = createServer();
      probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      probe.listen(port, address, () => probe.close(() => resolve(null)));
    });
    if (problem !== null) return problem;
  }
  return null;
}
