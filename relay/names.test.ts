import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type Feed, startFeed } from '#feed/server';
import { feedKey, postReport, publish } from '#feed/testing/client';
import { db } from '#lib/db';
import { hashKey } from '#lib/keys/secret';
import { startRelay } from './server.ts';

let open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  open = [];
});
async function relayOf(upstream: { port: number }, apiKey: string, relayId: string) {
  const feedUrl = `http://127.0.0.1:${upstream.port}`;
  const relay = await startRelay({ port: 0, host: '127.0.0.1', feedUrl, apiKey, relayId, dir: null });
  open.push(relay);
  return relay;
}

test('a name belongs to the key of the instance, whether it reports to the feed, a relay or a relay of a relay', async () => {
  const feed: Feed = await startFeed({ port: 0, host: '127.0.0.1' });
  open.push(feed);
  const seq = await publish();
  const [relayKey, mine, other] = [await feedKey(), await feedKey(), await feedKey()];
  await db.apiKey.updateMany({ where: { hash: hashKey(other) }, data: { source: 'elsewhere' } });
  const near = await relayOf(feed, relayKey, 'near');
  const far = await relayOf(near, relayKey, 'far');
  const said = (port: number, key: string, reason: string) =>
    postReport(port, key, { instanceId: 'pod', activeSeq: seq, seq, reason }).then(({ status }) => status);
  expect(await said(far.port, mine, 'by two')).toBe(200);
  expect(await said(feed.port, mine, 'direct')).toBe(200);
  expect(await said(near.port, mine, 'by one')).toBe(200);
  expect(await said(feed.port, other, 'forged')).toBe(403);
  expect(await said(near.port, other, 'forged by one')).toBe(400);
  expect(await said(far.port, other, 'forged by two')).toBe(400);
  // Nor for the relay itself.
  expect(
    await postReport(feed.port, other, { instanceId: 'near', activeSeq: seq, seq }).then((r) => r.status),
  ).toBe(403);
  await sleep(50);
  expect(await db.instance.findUnique({ where: { id: 'pod' } })).toMatchObject({
    reason: 'by one',
    via: 'near',
  });
  const owner = await db.instanceName.findUniqueOrThrow({
    where: { instanceId: 'pod' },
    include: { key: true },
  });
  expect(owner.key.hash).toBe(hashKey(mine));
  expect(owner.refused).toBe(3);
});
