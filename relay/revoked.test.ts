import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, feedKey, type OpenStream, openStream, postReport, publish } from '#feed/testing/client';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { revokeKey } from '#lib/keys/mutations';
import { hashKey } from '#lib/keys/secret';
import { freePort } from '#lib/postgres/embedded';
import { until } from '#sdk/testing/feed';
import { person } from '../tests/fixtures.ts';

// A feed and two relays in a row, each a process of its own with the memory for keys that it has in production.

let dir: string;
const children: ChildProcess[] = [];
let ports: number[];

/** A command of `stopgap` as one types it; resolves with its port when it serves. */
function start(words: string[], more: Record<string, string>): Promise<number> {
  const program = path.resolve(import.meta.dirname, '../bin/stopgap.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...words], {
    env: { ...process.env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    let said = '';
    const onText = (text: string) => {
      said += text;
      const port = /"(?:relay|feed) serves","port":(\d+)/.exec(said)?.[1];
      if (port) resolve(Number(port));
    };
    child.stdout?.setEncoding('utf8').on('data', onText);
    child.stderr?.setEncoding('utf8').on('data', onText);
    child.once('exit', (code) => reject(new Error(`${words[0]} ended with ${code}: ${said}`)));
  });
}

const relay = (name: string, feedPort: number, key: string) =>
  start(
    ['relay', '--feed', `http://127.0.0.1:${feedPort}`, '--port', '0', '--host', '127.0.0.1', '--id', name],
    { STOPGAP_FEED_KEY: key, STOPGAP_DATA_DIR: path.join(dir, name), DATABASE_URL: '' },
  );

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-revoked-'));
  await publish();
  const own = await feedKey();
  const feed = await start(['feed'], {
    FEED_PORT: String(await freePort()),
    STOPGAP_HOST: '127.0.0.1',
    STOPGAP_DATA_DIR: env().STOPGAP_DATA_DIR,
  });
  const near = await relay('near', feed, own);
  const far = await relay('far', near, own);
  ports = [feed, near, far];
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

const idOf = async (key: string) => (await db.apiKey.findUniqueOrThrow({ where: { hash: hashKey(key) } })).id;

async function everywhere(key: string): Promise<{ streams: OpenStream[]; polls: Promise<number>[] }> {
  const streams = await Promise.all(ports.map((port) => openStream(port, key, { instance: `at-${port}` })));
  await until('all have the ruleset', () => streams.every(({ events }) => events.length > 0));
  const etag = `"${streams[0]?.events[0]?.id}"`;
  const polls = ports.map((port) =>
    ask(port, key, '/v1/ruleset', { headers: { 'if-none-match': etag, prefer: 'wait=25' } }).then(
      ({ status }) => status,
    ),
  );
  return { streams, polls };
}

test.each([
  ['revoked', async (key: string) => revokeKey(systemActor('test'), { id: await idOf(key) })],
  [
    'run out',
    async (key: string) => {
      await db.apiKey.update({ where: { hash: hashKey(key) }, data: { expiresAt: new Date() } });
    },
  ],
  [
    'of somebody who lost access',
    async (key: string) => {
      const maker = await person('admin');
      await db.apiKey.update({ where: { hash: hashKey(key) }, data: { createdById: maker.id } });
      await db.user.update({ where: { id: maker.id }, data: { disabledAt: new Date() } });
    },
  ],
])(
  'a key that is %s loses its streams, its waiting polls and its requests at the feed and both relays',
  async (_, end) => {
    const [key, other] = [await feedKey(), await feedKey()];
    const mine = await everywhere(key);
    const theirs = await everywhere(other);
    await end(key);
    // Before a key is asked about again by itself, after 30 s.
    await until('all its streams have ended', () => mine.streams.every(({ closed }) => closed), 20_000);
    expect(await Promise.all(mine.polls)).toEqual([401, 401, 401]);
    for (const port of ports) {
      expect((await ask(port, key, '/v1/ruleset')).status, `port ${port}`).toBe(401);
      expect((await postReport(port, key, { instanceId: 'late' })).status, `port ${port}`).toBe(401);
    }
    expect(theirs.streams.map(({ closed }) => closed)).toEqual([false, false, false]);
    await publish();
    await until('the other key goes on', () => theirs.streams.every(({ events }) => events.length === 2));
    for (const stream of theirs.streams) stream.close();
    await Promise.allSettled(theirs.polls);
  },
);
