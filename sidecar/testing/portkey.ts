import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';

/** A real Portkey gateway on 127.0.0.1, as its package ships it. */
export interface Portkey {
  url: string;
  close(): Promise<void>;
}

const START_MS = 20_000;

/** Starts the gateway's own Node server on a free port; rejects with what it said when it does not come up. */
export async function startPortkey(): Promise<Portkey> {
  const manifest = createRequire(import.meta.url).resolve('@portkey-ai/gateway/package.json');
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [path.join(path.dirname(manifest), 'build/start-server.js'), `--port=${port}`, '--headless'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Webhooks and models on this machine are private addresses, which the gateway calls only when told to.
      env: { NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' },
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4_000);
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  const end = performance.now() + START_MS;
  // Its own "ready" line comes a second after it serves.
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() > end) {
      await close();
      throw new Error(`The Portkey gateway did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url: `${url}/v1`, close };
}

const answers = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject()));
    });
  });
}
