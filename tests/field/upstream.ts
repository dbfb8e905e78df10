import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGuard, type Guard } from '#sdk/guard';
import { nodeHandler, proxyHandler } from '#sdk/integrations/http';
import type { Rule } from '#sdk/rule';
import { TEST_KEY, TestFeed } from '#sdk/testing/feed';
import { makeSnapshot } from '#sdk/testing/rules';

const PIECE_BYTES = 7;

/** A model that gives one recorded answer, a guard with one rule, and a proxy between them, all on 127.0.0.1. */
export interface Guarded {
  guard: Guard;
  feed: TestFeed;
  model: string;
  proxy: string;
  /** How many requests reached the model. */
  asked(): number;
  /** What the model answers from now on: a stream in small pieces, or JSON. */
  answers(body: string, isStream: boolean): void;
  close(): Promise<void>;
}

export async function guarded(rule: Rule): Promise<Guarded> {
  const feed = await new TestFeed().listen();
  feed.publish(makeSnapshot(1, [rule]));
  const guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  await guard.start();
  let said = { body: Buffer.from('{"choices":[]}'), isStream: false };
  let count = 0;
  const model = await listen(async (request, response) => {
    await request.resume().toArray();
    count++;
    const { body, isStream } = said;
    response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json');
    const size = isStream ? PIECE_BYTES : body.length;
    for (let at = 0; at < body.length; at += size) {
      response.write(body.subarray(at, at + size));
      if (at % 70 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  const proxy = await listen(nodeHandler(proxyHandler({ guard, upstream: model.url })));
  return {
    guard,
    feed,
    model: model.url,
    proxy: proxy.url,
    asked: () => count,
    answers: (body, isStream) => {
      said = { body: Buffer.from(body), isStream };
    },
    close: async () => {
      await guard.close();
      await Promise.all([proxy, model].map(({ server }) => close(server)));
      await feed.kill();
    },
  };
}

async function listen(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
