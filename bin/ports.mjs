// Plain JavaScript: bin/bootstrap.mjs asks this before it installs or builds anything.
import { createServer } from 'node:net';

/**
 * One line about the first port that cannot be listened on, or null.
 * @param {{ port: number, variable: string }[]} wanted
 * @param {string} command what the reader typed after `npm run`
 */
export async function portProblem(wanted, host, command) {
  const [first, second] = wanted;
  if (first && second && first.port === second.port) {
    return `PORT and FEED_PORT are both ${first.port}. Give each a port of its own.`;
  }
  for (const { port, variable } of wanted) {
    const problem = await whyNot(port, host);
    if (problem === null) continue;
    if (problem === 'EACCES')
      return `This user may not listen on port ${port}. Set ${variable} to one above 1023.`;
    if (problem !== 'EADDRINUSE') return `Cannot listen on ${host}:${port} (${problem}). Check STOPGAP_HOST.`;
    return `Port ${port} is taken by another program. Set ${variable} to a free one: ${variable}=${port + 10} npm run ${command}`;
  }
  return null;
}

async function whyNot(port, host) {
  // Some systems let a wildcard address share a port with a narrower one, so both are tried.
  for (const address of new Set([host, '127.0.0.1'])) {
    const problem = await new Promise((resolve) => {
      const probe = createServer();
      probe.once('error', (error) => resolve(error.code ?? error.message));
      probe.listen(port, address, () => probe.close(() => resolve(null)));
    });
    if (problem !== null) return problem;
  }
  return null;
}
