import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Feed, startFeed } from '#feed/server';
import { ask, feedKey, publish } from '#feed/testing/client';

let dir: string;
let feed: Feed | undefined;
let running: ChildProcess | undefined;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-relay-process-'));
});
afterAll(async () => {
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
