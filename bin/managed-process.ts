import { type ChildProcess, spawn } from 'node:child_process';
import type { ChildMessage } from './child.ts';
import { createLogFile } from './log-file.ts';
import { plainMessage } from './plain-error.ts';

/** One process that the supervisor keeps alive; plain data. */
export type ProcessSpec = {
  /** Names the log file and the lines on the terminal. */
  name: string;
  /** What follows `node` on the command line. */
  command: string[];
  env?: Record<string, string>;
  /** Answers 2xx once the process serves. Without it the process says so itself (`ready` of bin/child.ts). */
  health?: string;
};

export type Ending = { how: string; lastLine: string; logFile: string };

export type ManagedProcess = {
  readonly pid: number | undefined;
  /** Resolves true when the process serves, false when it ended before that. */
  started: Promise<boolean>;
  ended: Promise<Ending>;
  /** SIGTERM, then SIGKILL after `graceMs`, for the process and whatever it started. */
  stop(graceMs: number): Promise<void>;
};

const HEALTH_EVERY_MS = 100;
const HEALTH_TIMEOUT_MS = 2_000;

/** Starts one process in a process group of its own; its output goes to `<logDir>/<name>.log`. */
export function startProcess(
  spec: ProcessSpec,
  options: { env: NodeJS.ProcessEnv; cwd: string; logDir: string; onSay: (line: string) => void },
): ManagedProcess {
  const logFile = createLogFile(options.logDir, spec.name);
  // Its own group, so that Ctrl-C in the terminal reaches only the supervisor, which stops all in order.
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...spec.command], {
    cwd: options.cwd,
    env: { ...options.env, ...spec.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
  });
  child.stdout?.on('data', (chunk: Buffer) => logFile.write(chunk));
  child.stderr?.on('data', (chunk: Buffer) => logFile.write(chunk));

  let alive = true;
  let announce: (served: boolean) => void = () => undefined;
  const started = new Promise<boolean>((resolve) => {
    announce = resolve;
  });
  child.on('message', (message: ChildMessage) => {
    if ('say' in message) options.onSay(message.say);
    else announce(true);
  });
  const ended = new Promise<Ending>((resolve) => {
    const end = (how: string) => {
      if (!alive) return;
      alive = false;
      announce(false);
      logFile.close();
      // Whatever it left behind in its group must not hold the port of its successor.
      killGroup(child, 'SIGKILL');
      resolve({ how, lastLine: logFile.lastLine(), logFile: logFile.path });
    };
    child.once('error', (error) => end(plainMessage(error)));
    // Not `close`: a grandchild may keep the pipes open for longer than the process lives.
    child.once('exit', (code, signal) =>
      setTimeout(() => end(signal ? `killed by ${signal}` : `exit code ${code}`), 50),
    );
  });
  if (spec.health) void poll(spec.health, () => alive).then((served) => announce(served));

  return {
    pid: child.pid,
    started,
    ended,
    stop: async (graceMs) => {
      child.kill('SIGTERM');
      const hurry = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs);
      await ended;
      clearTimeout(hurry);
    },
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // Nothing is left of it.
  }
}

async function poll(address: string, alive: () => boolean): Promise<boolean> {
  while (alive()) {
    const served = await fetch(address, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) }).then(
      (response) => response.ok,
      () => false,
    );
    if (served) return true;
    await new Promise((resolve) => setTimeout(resolve, HEALTH_EVERY_MS));
  }
  return false;
}
