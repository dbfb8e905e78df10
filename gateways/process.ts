import { spawn } from 'node:child_process';

/** A server in a process of its own, ended by its id. */
export type ServerProcess = { url: string; close(): Promise<void> };

/** Starts a program and waits until `health` answers. Rejects with what it printed when it does not come up. */
export async function startServer(options: {
  program: string;
  args: string[];
  env?: Record<string, string>;
  port: number;
  health: string;
  withinMs: number;
}): Promise<ServerProcess> {
  const child = spawn(options.program, options.args, {
    // Nothing of ours: a DATABASE_URL alone would make LiteLLM migrate our database.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-6_000);
    });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  const url = `http://127.0.0.1:${options.port}`;
  const end = performance.now() + options.withinMs;
  for (;;) {
    const up = await fetch(`${url}${options.health}`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (up) return { url, close };
    if (child.exitCode !== null || performance.now() > end) {
      await close();
      throw new Error(`${options.program} did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
