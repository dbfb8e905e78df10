import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '#lib/postgres/embedded';

const STOPGAP = path.resolve(import.meta.dirname, '../bin/stopgap.ts');
const COMMANDS = path.resolve(import.meta.dirname, 'commands-process.ts');

export type Stack = { web: string; feed: string; dataDir: string; supervisorPid: number; setupToken: string };

/** The production build under its own supervisor on free ports, with an empty database of its own. */
export default async function setup(): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-e2e-'));
  const port = await freePort();
  const feedPort = await freePort();
  const env = {
    ...process.env,
    PORT: String(port),
    FEED_PORT: String(feedPort),
    STOPGAP_DATA_DIR: dataDir,
    NEXTAUTH_URL: `http://localhost:${port}`,
  };
  const log = createWriteStream(path.join(dataDir, 'stack.log'));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', STOPGAP, 'start'], {
    env,
    // The channel ends it when this process is gone, however it went.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk;
      log.write(chunk);
    });
  }
  const stack = {
    web: `http://localhost:${port}`,
    feed: `http://localhost:${feedPort}`,
    dataDir,
    supervisorPid: child.pid ?? 0,
  };
  await ready(child, [`${stack.web}/readyz`, `${stack.feed}/healthz`], () => output);
  const setupToken = await until(() => /token=([\w-]+)/.exec(output)?.[1]);
  process.env.STOPGAP_E2E = JSON.stringify({ ...stack, setupToken } satisfies Stack);
  return async () => {
    child.kill('SIGTERM');
    await ended;
    if (!process.env.STOPGAP_KEEP) await rm(dataDir, { recursive: true, force: true });
  };
}

async function ready(child: ChildProcess, addresses: string[], said: () => string): Promise<void> {
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`Stopgap ended while starting:\n${said()}`);
    const answers = await Promise.all(
      addresses.map((url) =>
        fetch(url).then(
          (r) => r.ok,
          () => false,
        ),
      ),
    );
    return answers.every(Boolean) || undefined;
  });
}

async function until<T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const giveUpAt = Date.now() + 180_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > giveUpAt) throw new Error('Stopgap did not come up within 180 s');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The running stack, as the tests see it. */
export function stack(): Stack {
  return JSON.parse(process.env.STOPGAP_E2E ?? '{}') as Stack;
}

let commands: { child: ChildProcess; answers: AsyncIterator<string> } | undefined;
let turn: Promise<unknown> = Promise.resolve();

/** What `stopgap users` or `stopgap keys` with these words prints beside the stack: a JSON line. One at a time. */
export function stopgap(...words: string[]): Promise<Record<string, string>> {
  const answer = turn.then(async () => {
    commands ??= startCommands();
    commands.child.stdin?.write(`${JSON.stringify(words)}\n`);
    const { value, done } = await commands.answers.next();
    if (done) throw new Error(`stopgap ${words.join(' ')} failed`);
    return JSON.parse(value) as Record<string, string>;
  });
  turn = answer.catch(() => undefined);
  return answer;
}

/** It ends when its standard input does, and so with this process. */
function startCommands() {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', COMMANDS], {
    env: { ...process.env, STOPGAP_DATA_DIR: stack().dataDir },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { child, answers: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}
