import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setEnv } from '#lib/env';
import { startRelay } from '#relay/server';
import { ARRIVAL } from './arrival.ts';
import { type Feed, startFeed } from './server.ts';
import { ask, feedKey, openStream, publish } from './testing/client.ts';

const TOKEN = 'metrics-token-0123456789';
let feed: Feed;
let key: string;
let open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  setEnv({ STOPGAP_METRICS_TOKEN: TOKEN, STOPGAP_INSTANCES_PER_KEY: '2' });
  key = await feedKey();
  await publish();
  feed = await startFeed({ port: 0, host: '127.0.0.1' });
  open = [feed];
});
afterAll(async () => {
  setEnv({ STOPGAP_METRICS_TOKEN: '', STOPGAP_INSTANCES_PER_KEY: '' });
  for (const each of open.reverse()) await each.close();
});

test.each(['/v1/report', '/v1/reports', '/v1/samples', '/status', '/logs'])(
  'brackets without end are refused at %s before they are parsed',
  async (target) => {
    const body = '['.repeat(900_000);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask(feed.port, key, target, { method: 'POST', body })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(400));
    expect(await answers[0]?.text()).toContain('nested deeper');
  },
);

test('feed and relay show metrics only to who has the token', async () => {
  const relay = await startRelay({
    port: 0,
    host: '127.0.0.1',
    feedUrl: `http://127.0.0.1:${feed.port}`,
    apiKey: key,
    relayId: 'guarded',
    dir: null,
    metricsToken: TOKEN,
  });
  open.push(relay);
  for (const { port } of [feed, relay]) {
    const status = (token: string) => ask(port, token, '/metrics').then((response) => response.status);
    expect(await Promise.all([TOKEN, `${TOKEN}x`, TOKEN.slice(1), key, 'x'].map(status))).toEqual([
      200, 401, 401, 401, 401,
    ]);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(401);
  }
});

test('a key opens a bounded number of streams; one that ends makes room', async () => {
  const other = await feedKey();
  const streams = await Promise.all(
    Array.from({ length: 4 }, (_, index) => openStream(feed.port, other, { instance: `s-${index}` })),
  );
  await expect(openStream(feed.port, other, { instance: 's-5' })).rejects.toThrow('HTTP 429');
  streams[0]?.close();
  await expect
    .poll(() =>
      openStream(feed.port, other, { instance: 's-6' }).then(
        (stream) => streams.push(stream) > 4,
        () => false,
      ),
    )
    .toBe(true);
  for (const stream of streams) stream.close();
});

test('a head that is half sent holds its connection for a bounded time', async () => {
  const socket: Socket = connect(feed.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nx-half: ');
  await expect.poll(() => answer, { timeout: 2 * ARRIVAL.headersTimeout }).toContain('408');
});
