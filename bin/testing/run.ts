import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../environment.ts';
import type { SupervisorOptions } from '../supervisor.ts';

export type Run = {
  process: ChildProcess;
  pid: number;
  /** Everything it has written so far. */
  output(): string;
  /** Resolves when the output holds the text. */
  says(text: string, timeoutMs?: number): Promise<void>;
  exit: Promise<{ code: number | null; signal: string | null }>;
};

/** Starts a TypeScript file of this project as a real process. */
export function runFile(file: string, args: string[], env: Record<string, string | undefined>): Run {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const exit = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  return {
    process: child,
    pid: child.pid ?? 0,
    output: () => output,
    says: (text, timeoutMs = 60_000) =>
      until(
        () => output.includes(text),
        `"${text}" in:\n`,
        timeoutMs,
        () => output,
      ),
    exit,
  };
}

/** A supervisor over `options` with a data folder of its own and its own embedded Postgres. */
export function runSupervisor(
  options: Partial<SupervisorOptions>,
  env: Record<string, string | undefined> = {},
): Run & { dataDir: string } {
  const dataDir = env.STOPGAP_DATA_DIR ?? newDataDir();
  const settings = { DATABASE_URL: undefined, ...env, STOPGAP_DATA_DIR: dataDir };
  return { ...runFile('bin/testing/supervise.ts', [JSON.stringify(options)], settings), dataDir };
}

const made: string[] = [];

export function newDataDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'stopgap-run-'));
  made.push(dir);
  return dir;
}

/** For `afterAll`: each folder may hold a whole database. */
export function removeDataDirs(): void {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

export async function until(
  check: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 60_000,
  detail: () => string = () => '',
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}${detail()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether a process runs; one that has ended and waits to be collected does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The process id of the Postgres that runs in a data folder. */
export function postgresPid(dataDir: string): number {
  return Number(readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}
