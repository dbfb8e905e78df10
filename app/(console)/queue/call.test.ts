import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from './call.ts';

/** Answers as its path says: `/403/html`. */
const server = createServer((request, response) => {
  const [, status, form] = request.url?.split('/') ?? [];
  response.writeHead(Number(status), { 'content-type': form === 'html' ? 'text/html' : 'application/json' });
  response.end(form === 'html' ? '<h1>no</h1>' : '{"error":{"message":"Bo decided it already."}}');
});
let base = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

test.each([
  ['/409/json', { kind: 'refused', message: 'Bo decided it already.' }],
  // A proxy that holds a note for an attack, or for too long.
  ['/403/html', { kind: 'refused', message: 'Stopgap answered 403.' }],
  ['/413/html', { kind: 'refused', message: 'Stopgap answered 413.' }],
  // A page where an answer should be, such as one to sign in.
  ['/200/html', { kind: 'away', all: true }],
  ['/502/html', { kind: 'away', all: false }],
  ['/429/json', { kind: 'away', all: true }],
  ['/401/json', { kind: 'away', all: true }],
])('%s', async (at, expected) => {
  expect(await call(base + at, {})).toMatchObject(expected);
});
