import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type Feed, startFeed } from '#feed/server';
import { ask, feedKey, postReport, publish } from '#feed/testing/client';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { hashKey } from '#lib/keys/secret';
import { startRelay } from './server.ts';

let open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  open = [];
});
const sampleOf = (instanceId: string, id: string) => ({
  id,
  at: new Date().toISOString(),
  instanceId,
  seq: 1,
  rules: [{ ruleId: newId(), ref: 'R-1' }],
  completion: `evil(${id})`,
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
  /** As an instance does: what could not be passed on in time is sent again. */
  const said = async (port: number, key: string, reason: string): Promise<number> => {
    const { status } = await postReport(port, key, { instanceId: 'pod', activeSeq: seq, seq, reason });
    return status === 503 ? said(port, key, reason) : status;
  };
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

test('samples too come under the key of the instance, and what is refused keeps none of the others waiting', async () => {
  const feed: Feed = await startFeed({ port: 0, host: '127.0.0.1' });
  open.push(feed);
  await publish();
  const [relayKey, mine, other] = [await feedKey(), await feedKey(), await feedKey()];
  await db.apiKey.updateMany({ where: { hash: hashKey(other) }, data: { source: 'elsewhere' } });
  const near = await relayOf(feed, relayKey, 'near-2');
  const far = await relayOf(near, relayKey, 'far-2');
  expect((await postReport(feed.port, mine, { instanceId: 'web' })).status).toBe(200);
  const send = async (port: number, key: string, id: string) => {
    const body = JSON.stringify({ samples: [sampleOf('web', id)] });
    return (await ask(port, key, '/v1/samples', { method: 'POST', body })).status;
  };
  for (const [way, { port }] of Object.entries({ near, far })) {
    expect(await send(port, other, `forged ${way}`)).toBe(202);
    expect(await send(port, mine, `own ${way}`)).toBe(202);
  }
  const taken = async () => {
    const rows = await db.interaction.findMany({ where: { completion: { startsWith: 'evil(' } } });
    return rows.map(({ completion }) => completion).sort();
  };
  await expect.poll(taken).toEqual(['evil(own far)', 'evil(own near)']);
});
