import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type Guard } from '#sdk/index';
import { nodeHandler, proxyHandler } from '#sdk/integrations/http';
import { TEST_KEY, TestFeed } from '#sdk/testing/feed';
import { TestModel } from '#sdk/testing/model';
import { makeSnapshot } from '#sdk/testing/rules';
import { askGateway } from './ask.ts';
import { CASES, rules } from './cases.ts';

// The SDK's own reverse proxy beside the foreign gateways: the same table.

describe('SDK proxy', () => {
  let model: TestModel;
  let feed: TestFeed;
  let guard: Guard;
  let server: Server;
  let dir: string;
  let url: string;
  beforeAll(async () => {
    [model, feed] = await Promise.all([new TestModel().listen(), new TestFeed().listen()]);
    feed.publish(makeSnapshot(1, rules()));
    dir = await mkdtemp(path.join(tmpdir(), 'stopgap-proxy-'));
    guard = await connect({
      feedUrl: feed.url,
      apiKey: TEST_KEY,
      publicKey: feed.signer.publicKey,
      instanceId: 'proxy',
      dir,
    });
    server = createServer(nodeHandler(proxyHandler({ guard, upstream: model.url })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server?.closeAllConnections();
    server?.close();
    await guard?.close();
    await feed?.kill();
    await model?.close();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  const all = (when: string) => {
    for (const stream of [false, true]) {
      for (const each of CASES) {
        test(`${when}, ${stream ? 'streamed' : 'whole'}: ${each.name} ${each.outcome}`, async () => {
          const got = await askGateway(model, url, {}, each, stream);
          expect(got.kind).toBe(each.outcome);
          if (each.never) expect(got.text).not.toContain(each.never);
          const isPrompt = each.prompt !== undefined || each.toolResult !== undefined || each.model;
          if (isPrompt) expect(got.asked).toBe(false);
        });
      }
    }
  };
  all('up');
  describe('down', () => {
    beforeAll(() => feed.kill());
    all('down');
  });
});
