import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOutbox } from './outbox.ts';

type Row = { id: string };

let server: Server;
let address: string;
let received: string[][];
let answer: (ids: string[]) => { status: number; drop?: boolean };
const said: string[] = [];

beforeEach(async () => {
  received = [];
  said.length = 0;
  answer = () => ({ status: 200 });
  server = createServer(async (request, response) => {
    const ids = ((await json(request)) as Row[]).map((row) => row.id);
    const { status, drop } = answer(ids);
    if (status === 200) received.push(ids);
    if (drop) return void request.socket.destroy();
    response.statusCode = status;
    response.end(JSON.stringify({ created: ids.length, duplicates: 0, conflicts: 0, invalid: 0 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const outbox = (capacity = 100) =>
  createOutbox<Row>({ address, apiKey: 'k', capacity, batchSize: 2, say: (line) => said.push(line) });

test('sends in batches, in order, and forgets what was acknowledged', async () => {
  const box = outbox();
  for (const id of ['a', 'b', 'c']) box.add({ id });
  await box.flush();
  expect(received).toEqual([['a', 'b'], ['c']]);
  expect(box.waiting()).toBe(0);
});

test('keeps rows while web is away and sends them when it is back, saying so once each', async () => {
  const box = outbox();
  answer = () => ({ status: 503 });
  box.add({ id: 'a' });
  await box.flush();
  await box.flush();
  expect(box.waiting()).toBe(1);
  answer = () => ({ status: 200 });
  box.add({ id: 'b' });
  await box.flush();
  expect(received).toEqual([['a', 'b']]);
  expect(said).toEqual([
    'web does not take interactions right now; they wait and will be sent again',
    'web takes interactions again; 2 had waited',
  ]);
});

test('sends again when the acknowledgement was lost on the way', async () => {
  const box = outbox();
  answer = () => ({ status: 200, drop: true });
  box.add({ id: 'a' });
  await box.flush();
  expect(box.waiting()).toBe(1);
  answer = () => ({ status: 200 });
  await box.flush();
  expect(received).toEqual([['a'], ['a']]);
});

test('does not hold everything up for rows that are refused for good', async () => {
  const box = outbox();
  answer = (ids) => ({ status: ids.includes('bad') ? 400 : 200 });
  for (const id of ['bad', 'b', 'c']) box.add({ id });
  await box.flush();
  expect(received).toEqual([['c']]);
  expect(said).toEqual(['web refused 2 interactions for good; see the log']);
});

test('is bounded: the oldest goes, and it says so', async () => {
  const box = outbox(3);
  for (const id of ['a', 'b', 'c', 'd']) box.add({ id });
  await box.flush();
  expect(received.flat()).toEqual(['b', 'c', 'd']);
  expect(said[0]).toMatch(/^more than 3 interactions wait for web; dropped 1/);
});
