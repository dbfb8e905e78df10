import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { makeSigner, sealHead, until } from '#sdk/testing/feed';
import { Streams } from './streams.ts';

let streams: Streams;
let server: Server;
let offers: [string[], number][];
const sockets: Socket[] = [];

async function start(keepAliveMs?: number): Promise<number> {
  offers = [];
  streams = new Streams({
    onOffers: (instanceIds, seq) => offers.push([instanceIds, seq]),
    isKeyGood: async () => true,
    keepAliveMs,
  });
  server = createServer((request, response) => {
    streams.add(response, { instanceId: request.url ?? null, token: 'sg_one', known: null });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
afterEach(async () => {
  streams.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

const snapshot = (seq: number, bytes = 10) => ({
  seq,
  sha256: String(seq).padStart(64, '0'),
  publishedAt: new Date(),
  body: Buffer.alloc(bytes, 'x'),
});

type Reader = { socket: Socket; text: string; closed: boolean };

/** A raw stream; what the server sent is in `text`, unless the client is paused. */
function open(port: number, version = '1.1'): Reader {
  const socket = connect(port, '127.0.0.1');
  const reader: Reader = { socket, text: '', closed: false };
  socket.setEncoding('latin1').on('data', (text) => {
    reader.text += text;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    reader.closed = true;
  });
  socket.write(`GET /${sockets.length} HTTP/${version}\r\nhost: x\r\n\r\n`);
  sockets.push(socket);
  return reader;
}

test('a paused client is never owed more than one snapshot, and is dropped when the next is due', async () => {
  const port = await start();
  const slow = open(port);
  const good = open(port);
  await until('both are open', () => streams.size === 2 && slow.text !== '');
  slow.socket.pause();
  const size = 16 * 1024 * 1024;
  let most = 0;
  for (let seq = 1; seq <= 4; seq++) {
    streams.broadcast(snapshot(seq, size));
    // Right after the write, when most is waiting.
    most = Math.max(most, streams.buffered);
    await until(
      `the good one has ${seq}`,
      () => good.text.includes(`id: ${seq}-`) && good.text.endsWith('\n\n\r\n'),
    );
    good.text = '';
  }
  // Two clients, at most one snapshot each and its framing; a queue would hold three more for the slow one.
  expect(most).toBeLessThanOrEqual(2 * (size + 200));
  expect(streams.dropped).toBe(1);
  expect(streams.size).toBe(1);
  expect(streams.buffered).toBe(0);
  expect(good.closed).toBe(false);
});

test('who was handed a ruleset is told once per publish, not once per stream', async () => {
  const port = await start();
  for (let index = 0; index < 40; index++) open(port);
  await until('all are open', () => streams.size === 40);
  streams.broadcast(snapshot(1));
  expect(offers).toHaveLength(1);
  expect(new Set(offers[0]?.[0]).size).toBe(40);
});

test('keep-alives reach every stream, some at a time', async () => {
  const port = await start(600);
  const readers = Array.from({ length: 60 }, () => open(port));
  await until('all are open', () => streams.size === 60);
  const heard = () => readers.filter((reader) => reader.text.includes('\n: keep-alive\n')).length;
  const counts = new Set<number>();
  await until('everybody has heard', () => {
    counts.add(heard());
    return heard() === 60;
  });
  // Written all at once, there would be nothing between nobody and everybody.
  expect([...counts].filter((count) => count > 0 && count < 60).length).toBeGreaterThan(3);
});

test('goodbyes ask each stream to come back at another moment', async () => {
  const port = await start();
  const readers = Array.from({ length: 60 }, () => open(port));
  await until('all are open', () => streams.size === 60);
  streams.close();
  await until('all are closed', () => readers.every((reader) => reader.closed));
  const waits = readers.map((reader) => Number(/"retryMs":(\d+)/.exec(reader.text)?.[1]));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
  expect(Math.max(...waits)).toBeLessThanOrEqual(2_000);
  expect(new Set(waits).size).toBeGreaterThan(30);
  // The end of the chunked body, so that no client takes it for a broken connection.
  expect(readers.every((reader) => reader.text.endsWith('0\r\n\r\n'))).toBe(true);
});

test('a client of HTTP/1.0, as a proxy may be, gets the text without chunks', async () => {
  const port = await start();
  const old = open(port, '1.0');
  await until('it is open', () => streams.size === 1 && old.text.includes('\r\n\r\n'));
  streams.broadcast(snapshot(7));
  await until('it has it', () => old.text.includes('id: 7'));
  expect(old.text).toMatch(/\r\n\r\nevent: snapshot\nid: 7-0{63}7\ndata: x{10}\n\n$/);
  expect(old.text.toLowerCase()).not.toContain('chunked');
});

test('a stream that ends is forgotten at once', async () => {
  const port = await start();
  const reader = open(port);
  await until('it is open', () => streams.size === 1);
  reader.socket.destroy();
  await until('it is gone', () => streams.size === 0);
  await sleep(0);
  streams.broadcast(snapshot(1));
  expect(offers).toEqual([]);
});

test.each([
  ['the first after a long gap', -10],
  ['the first after one of a clock that ran ahead', 180],
])('%s is sent to all at once, not with the next keep-alive', async (_, minutes) => {
  // A day: longer than this test may take.
  const port = await start(86_400_000);
  const signer = makeSigner();
  const head = (minutesFrom: number) =>
    sealHead({ seq: 1, sha256: 'a'.repeat(64), at: new Date(Date.now() + minutesFrom * 60_000) }, signer);
  streams.setHead(head(minutes));
  const reader = open(port);
  await until('it is open, with the head of then', () => reader.text.includes('event: head'));
  const next = head(0);
  streams.setHead(next);
  await until('it has the next', () => reader.text.includes(next));
});
