import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Feed, startFeed } from '#feed/server';
import { ask, feedKey, publish } from '#feed/testing/client';
import { db } from '#lib/db';

let dir: string;
let feed: Feed | undefined;
let running: ChildProcess | undefined;
const children: ChildProcess[] = [];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-relay-process-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await end('SIGKILL');
  await feed?.close();
  await rm(dir, { recursive: true, force: true });
});

async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  const child = running;
  running = undefined;
  if (!child || child.exitCode !== null) return null;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return ended;
}

/** `stopgap relay` as one types it; resolves with its port when it serves. */
function start(feedUrl: string, key: string): Promise<number> {
  const words = ['relay', '--feed', feedUrl, '--port', '0', '--host', '127.0.0.1', '--id', 'by-hand'];
  const program = path.resolve(import.meta.dirname, '../bin/stopgap.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...words], {
    env: { ...process.env, STOPGAP_FEED_KEY: key, STOPGAP_DATA_DIR: dir, DATABASE_URL: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  return new Promise((resolve, reject) => {
    let said = '';
    const onText = (text: string) => {
      said += text;
      const port = /"relay serves","port":(\d+)/.exec(said)?.[1];
      if (port) resolve(Number(port));
    };
    child.stdout.setEncoding('utf8').on('data', onText);
    child.stderr.setEncoding('utf8').on('data', onText);
    child.once('exit', (code) => reject(new Error(`the relay ended with ${code}: ${said}`)));
  });
}

/** An instance that stops at SIGTERM, so many milliseconds later; resolves when it has ruleset `seq` active. */
function startInstance(feedUrl: string, key: string, instanceId: string, seq: number, afterMs: number) {
  const guard = path.resolve(import.meta.dirname, '../sdk/src/guard.ts');
  const script = `
    const { createGuard } = await import(${JSON.stringify(guard)});
    const guard = createGuard(${JSON.stringify({ feedUrl, apiKey: key, instanceId })});
    const alive = setInterval(() => undefined, 1000);
    process.on('SIGTERM', () => setTimeout(async () => {
      await guard.close();
      clearInterval(alive);
    }, ${afterMs}));
    await guard.start();
    while (guard.status().seq < ${seq}) await new Promise((resolve) => setTimeout(resolve, 20));
    console.log('active');`;
  const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`${instanceId} ended with ${code}`)));
  });
}

test('the command serves without a database, and after a crash without its centre', async () => {
  const key = await feedKey();
  const seq = await publish();
  feed = await startFeed({ port: 0, host: '127.0.0.1' });
  const feedUrl = `http://127.0.0.1:${feed.port}`;
  const first = await start(feedUrl, key);
  const response = await ask(first, key, '/v1/ruleset', {
    headers: { prefer: 'wait=20', 'if-none-match': '"0"' },
  });
  let body = response.ok ? await response.text() : '';
  // Before the first ruleset there is nothing to wait with.
  await expect
    .poll(async () => {
      const again = await ask(first, key, '/v1/ruleset');
      if (again.ok) body = await again.text();
      return body;
    })
    .not.toBe('');
  expect(JSON.parse(JSON.parse(body).payload).seq).toBe(seq);
  const kept = path.join(dir, 'relay', 'last-good.json');
  await expect.poll(() => existsSync(kept)).toBe(true);
  await end('SIGKILL');
  await feed.close();
  feed = undefined;

  const second = await start(feedUrl, key);
  expect(await (await ask(second, key, '/v1/ruleset')).text()).toBe(body);
  expect(await end('SIGTERM')).toBe(0);
});

test('instances that stop together with their relay say goodbye; it tells which content it had', async () => {
  const key = await feedKey();
  const seq = await publish();
  feed = await startFeed({ port: 0, host: '127.0.0.1' });
  const relayUrl = `http://127.0.0.1:${await start(`http://127.0.0.1:${feed.port}`, key)}`;
  const delays = { 'at-once': 0, soon: 150, 'after-its-calls': 700 };
  const names = Object.keys(delays);
  await Promise.all(
    Object.entries(delays).map(([name, afterMs]) => startInstance(relayUrl, key, name, seq, afterMs)),
  );
  const left = async () => {
    const rows = await db.instance.findMany({ where: { closedAt: { not: null } } });
    return rows.map(({ id }) => id);
  };
  await expect.poll(() => db.instance.count({ where: { id: { in: names } } })).toBe(names.length);
  const published = await db.ruleset.findUniqueOrThrow({ where: { seq } });
  const content = createHash('sha256').update(published.payload).digest('hex');
  await expect.poll(() => db.instance.count({ where: { id: 'by-hand', activeSha256: content } })).toBe(1);
  expect(await db.instance.findUnique({ where: { id: 'by-hand' } })).toMatchObject({
    kind: 'relay',
    activeSeq: seq,
    activeSha256: content,
  });
  expect(await left()).toEqual([]);
  const ended = [...children.splice(0)].map((child) => {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    return exit;
  });
  expect(await end('SIGTERM')).toBe(0);
  await Promise.all(ended);
  await expect.poll(async () => (await left()).sort()).toEqual(['by-hand', ...names].sort());
  await feed.close();
  feed = undefined;
});
