import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '#lib/postgres/embedded';
import { WEB_FLAGS } from '../bin/web-flags.mjs';

export type Web = {
  url: string;
  /** Resident memory now and at its highest so far, MB; null where the system does not tell. */
  memory(): Promise<{ now: number; peak: number } | null>;
  stop(): Promise<void>;
};

/** The production build of web, alone, on a free port of 127.0.0.1. Throws when it does not serve within a minute. */
export async function startWeb(env: Record<string, string>, dataDir: string): Promise<Web> {
  const port = await freePort();
  const log = openSync(path.join(dataDir, 'web.log'), 'w');
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      ...WEB_FLAGS,
      path.resolve(import.meta.dirname, '../bin/stopgap.ts'),
      'web',
    ],
    {
      env: { ...process.env, ...env, PORT: String(port), STOPGAP_HOST: '127.0.0.1' },
      stdio: ['ignore', log, log],
    },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  };
  for (const giveUpAt = Date.now() + 60_000; ; await sleep(200)) {
    const ok = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) break;
    if (child.exitCode !== null || Date.now() > giveUpAt) {
      await stop();
      throw new Error(`web did not start:\n${await readFile(path.join(dataDir, 'web.log'), 'utf8')}`);
    }
  }
  return {
    url,
    stop,
    memory: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => null);
      const megabytes = (name: string) =>
        Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status ?? '')?.[1] ?? 0) / 1024);
      return status === null ? null : { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
    },
  };
}
