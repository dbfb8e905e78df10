import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { answers, findRunning, freePort } from '#lib/postgres/embedded';
import type { ProcessSpec } from './managed-process.ts';
import { isAlive, newDataDir, postgresPid, removeDataDirs, runSupervisor, until } from './testing/run.ts';

// Real processes, real signals, a real Postgres for each supervisor.

async function child(name: string): Promise<ProcessSpec & { port: number }> {
  const port = await freePort();
  return { name, port, command: ['child.ts', String(port)], health: `http://127.0.0.1:${port}/healthz` };
}

afterAll(removeDataDirs);

const pidAt = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    async (response) => Number(await response.text()),
    () => 0,
  );

function start(context: TestContext, ...args: Parameters<typeof runSupervisor>) {
  const run = runSupervisor(...args);
  context.onTestFinished(async () => {
    run.process.kill('SIGTERM');
    await run.exit;
  });
  return run;
}

/** Everything a supervisor runs: its children's and its database's process ids. */
async function everything(ports: number[], dataDir: string): Promise<number[]> {
  return [...(await Promise.all(ports.map(pidAt))), postgresPid(dataDir)];
}

const gone = (pids: number[], timeoutMs?: number) =>
  until(() => pids.every((pid) => !isAlive(pid)), `the end of ${pids.join(', ')}`, timeoutMs);

describe.concurrent('supervisor', () => {
  test('refuses a port in use before it starts anything', async (context) => {
    const other = createServer().listen(0, '127.0.0.1');
    context.onTestFinished(() => void other.close());
    await until(() => other.listening, 'the other program');
    const { port } = other.address() as AddressInfo;
    const run = start(context, { ports: [{ port, variable: 'PORT' }] });
    expect((await run.exit).code).toBe(1);
    expect(run.output()).toBe(
      `Port ${port} is taken by another program. Set PORT to a free one: PORT=${port + 10} npm run demo\n`,
    );
    expect(existsSync(path.join(run.dataDir, 'postgres'))).toBe(false);
    expect(existsSync(path.join(run.dataDir, 'supervisor.pid'))).toBe(false);
  });

  test('refuses a database that does not answer in one line without the password', async (context) => {
    const port = await freePort();
    const run = start(
      context,
      {},
      { DATABASE_URL: `postgresql://somebody:s3cret@127.0.0.1:${port}/stopgap` },
    );
    expect((await run.exit).code).toBe(1);
    expect(run.output()).toContain(`No database answers at 127.0.0.1:${port}. Check DATABASE_URL.`);
    expect(run.output()).not.toContain('s3cret');
  });

  test('refuses wrong credentials for a real server', async (context) => {
    const wrong = new URL(process.env.DATABASE_URL ?? '');
    wrong.password = 'not-it';
    const run = start(context, {}, { DATABASE_URL: wrong.href });
    expect((await run.exit).code).toBe(1);
    expect(run.output()).toContain('does not accept the user "stopgap" with this password');
  });

  test('restarts what is killed, refuses a second supervisor, and Ctrl-C leaves nothing running', async (context) => {
    const [one, two] = [await child('one'), await child('two')];
    const run = start(context, { processes: [one, two], firstBackOffMs: 100 });
    await run.says('ready');
    const before = await everything([one.port, two.port], run.dataDir);

    const second = start(context, { processes: [] }, { STOPGAP_DATA_DIR: run.dataDir });
    expect((await second.exit).code).toBe(1);
    expect(second.output()).toContain(
      `already runs with the data folder ${run.dataDir} (process ${run.pid})`,
    );

    process.kill(before[0] ?? 0, 'SIGKILL');
    await run.says('one is back');
    const url = await findRunning(run.dataDir);
    process.kill(before[2] ?? 0, 'SIGKILL');
    await run.says('Postgres is back');
    // The same address: whoever was connected finds it again.
    expect(url && (await answers(url))).toBe(true);

    const after = await everything([one.port, two.port], run.dataDir);
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    run.process.kill('SIGINT');
    // npm passes on what the terminal has sent already.
    setTimeout(() => run.process.kill('SIGINT'), 20);
    expect(await run.exit).toEqual({ code: 0, signal: null });
    expect([...before, ...after].filter(isAlive)).toEqual([]);
    expect(existsSync(path.join(run.dataDir, 'supervisor.pid'))).toBe(false);
  });

  test('killed itself, leaves nothing either, and the next one starts on the same data', async (context) => {
    const one = await child('one');
    const dataDir = newDataDir();
    const first = start(context, { processes: [one] }, { STOPGAP_DATA_DIR: dataDir });
    await first.says('ready');
    const running = await everything([one.port], dataDir);
    first.process.kill('SIGKILL');
    // At once, while the old ones are still on their way out.
    const next = start(
      context,
      { processes: [{ ...one, ...(await child('one')) }] },
      { STOPGAP_DATA_DIR: dataDir },
    );
    await next.says('ready');
    await gone(running);
    next.process.kill('SIGHUP');
    expect((await next.exit).code).toBe(0);
  });

  test('a process that does not start ends everything in one line', async (context) => {
    const one = await child('one');
    const broken: ProcessSpec = { name: 'broken', command: ['-e', 'throw new Error("no such setting")'] };
    const run = start(context, { processes: [one, broken] });
    expect((await run.exit).code).toBe(1);
    expect(run.output()).toContain('broken did not start: Error: no such setting. See ');
    expect(await pidAt(one.port)).toBe(0);
  });

  test('gives up on a process that keeps ending, and stops the others', async (context) => {
    const [one, bad] = [await child('one'), await child('bad')];
    const run = start(context, { processes: [one, bad], firstBackOffMs: 20 });
    await run.says('ready');
    const [pid = 0] = await everything([one.port], run.dataDir);
    const poison = setInterval(
      () => void fetch(`http://127.0.0.1:${bad.port}/die`).catch(() => undefined),
      50,
    );
    const { code } = await run.exit;
    clearInterval(poison);
    expect(code).toBe(1);
    expect(run.output()).toContain('bad ended 5 times in a minute');
    expect(isAlive(pid)).toBe(false);
  });

  test('stops at once while it is still starting', async (context) => {
    const never: ProcessSpec = { name: 'never', command: ['-e', 'setInterval(() => undefined, 1000)'] };
    const run = start(context, { processes: [never] });
    await run.says('Starting never');
    const pid = postgresPid(run.dataDir);
    run.process.kill('SIGINT');
    expect((await run.exit).code).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });
});
