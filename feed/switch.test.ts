import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { db } from '#lib/db';
import { createGuard } from '#sdk/guard';
import { until } from '#sdk/testing/feed';
import { startFeed } from './server.ts';
import { ask, feedKey, openStream, publish, seqIn } from './testing/client.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** What stands in front of several feeds: passes each new connection to the one it is told. */
class Balancer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  target = 0;

  constructor() {
    this.#server = createServer((client) => {
      const upstream = connect(this.target, '127.0.0.1');
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.pipe(upstream).pipe(client);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

async function feed() {
  const started = await startFeed({ port: 0, host: '127.0.0.1' });
  open.push(started);
  return started;
}

test('two feeds serve the same; an instance that changes from one to the other stays one and is told nothing twice', async () => {
  const key = await feedKey();
  const first = await publish();
  const [left, right] = [await feed(), await feed()];
  const balancer = new Balancer();
  open.push(balancer);
  balancer.target = left.port;
  const port = await balancer.listen();
  const events: string[] = [];
  const guard = createGuard({
    feedUrl: `http://127.0.0.1:${port}`,
    apiKey: key,
    instanceId: 'traveller',
    onEvent: (event) => events.push(event.type === 'active' ? `active ${event.seq}` : event.type),
  });
  open.push(guard);
  await guard.start();
  expect(guard.status().seq).toBe(first);

  const adopted = () => db.adoption.findMany({ where: { instanceId: 'traveller' }, orderBy: { seq: 'asc' } });
  const told = async (count: number) => {
    const active = async () => (await adopted()).filter((row) => row.activeAt).length;
    await expect.poll(active).toBeGreaterThanOrEqual(count);
  };
  await told(1);

  balancer.target = right.port;
  balancer.cut();
  await until(
    'it came back on the other side',
    () => events.filter((event) => event === 'connected').length === 2,
  );
  const second = await publish();
  expect(await guard.waitForSeq(second, 60_000)).toBe(true);
  // The first ruleset was not activated again: it said what it had, and the other feed had the same.
  expect(events.filter((event) => event.startsWith('active'))).toEqual([
    `active ${first}`,
    `active ${second}`,
  ]);

  await told(2);
  const rows = await adopted();
  expect(rows.map((row) => row.seq)).toEqual([first, second]);
  expect(rows.every((row) => row.offeredAt && row.activeAt)).toBe(true);
  expect(await db.instance.count({ where: { id: 'traveller' } })).toBe(1);
});

test('a feed that has not heard of the newest yet takes nobody back', async () => {
  const key = await feedKey();
  const newest = await publish();
  const behind = await feed();
  // An instance that got a later one elsewhere connects here.
  const ahead = await openStream(behind.port, key, { instance: 'ahead', lastEventId: newest + 3 });
  const level = await openStream(behind.port, key, { instance: 'level', lastEventId: newest });
  await publish();
  const next = await publish();
  await until('the level one has the newest', () => seqIn(level.events.at(-1)?.id) === next);
  await publish();
  const later = await publish();
  await until('the one ahead is served what is newer', () => seqIn(ahead.events.at(-1)?.id) === later);
  expect(ahead.events.map((event) => seqIn(event.id))).not.toContain(newest);
  ahead.close();
  level.close();
});

test('a restarted feed knows every instance as it was, and none joins again', async () => {
  const key = await feedKey();
  const seq = await publish();
  const before = await feed();
  for (let index = 0; index < 30; index++) {
    const body = {
      instanceId: `kept-${index}`,
      sdkVersion: '1',
      labels: { at: String(index) },
      activeSeq: seq,
      seq,
      state: 'active',
    };
    const response = await ask(before.port, key, '/v1/report', {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
  }
  const where = { id: { startsWith: 'kept-' } };
  const joins = () => db.event.count({ where: { action: 'fleet.join', subjectId: { startsWith: 'kept-' } } });
  const known = await db.instance.findMany({ where, orderBy: { id: 'asc' } });
  expect([known.length, await joins()]).toEqual([30, 30]);
  open.splice(open.indexOf(before), 1);
  await before.close();

  const after = await feed();
  expect(await db.instance.findMany({ where, orderBy: { id: 'asc' } })).toEqual(known);
  const body = {
    instanceId: 'kept-7',
    sdkVersion: '1',
    labels: { at: '7' },
    activeSeq: seq,
    seq,
    state: 'active',
  };
  expect(
    (await ask(after.port, key, '/v1/report', { method: 'POST', body: JSON.stringify(body) })).status,
  ).toBe(200);
  expect(await joins()).toBe(30);
  const adopted = await db.adoption.count({
    where: { seq, instanceId: { startsWith: 'kept-' }, activeAt: { not: null } },
  });
  expect(adopted).toBe(30);
});
