import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Enforcer } from './exchange.ts';
import { nodeHandler, proxyHandler } from './http.ts';

let servers: Server[] = [];
afterEach(async () => {
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  servers = [];
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Lets everything through: what is shown here is the way, not the rules. */
const guard = {
  decide: () => ({ verdict: 'allow', rules: [], seq: 0 }),
  stream: () =>
    Object.assign(new TransformStream<string, string>(), {
      decision: new Promise(() => undefined),
    }),
} as unknown as Enforcer;

test('a body that Express has read is sent on all the same', async () => {
  const handle = nodeHandler(async (request) => Response.json({ got: await request.json() }));
  const url = await listen(
    createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      Object.assign(incoming, { body: JSON.parse(Buffer.concat(chunks).toString()) });
      await handle(incoming, outgoing);
    }),
  );
  const answer = await fetch(url, { method: 'POST', body: '{"a":1}' });
  expect(await answer.json()).toEqual({ got: { a: 1 } });
});

test('when the client goes, the model is told to stop', async () => {
  let closed: () => void = () => undefined;
  const upstreamClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const upstream = await listen(
    createServer((_incoming, outgoing) => {
      outgoing.on('close', closed);
      outgoing.setHeader('content-type', 'text/event-stream');
      outgoing.write('data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n');
    }),
  );
  const url = await listen(createServer(nodeHandler(proxyHandler({ guard, upstream }))));
  const leave = new AbortController();
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: '{"stream":true}',
    signal: leave.signal,
  });
  await answer.body?.getReader().read();
  leave.abort();
  await upstreamClosed;
});
