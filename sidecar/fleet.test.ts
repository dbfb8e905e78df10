import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startFeed } from '#feed/server';
import { feedKey, publish } from '#feed/testing/client';
import { listGaps } from '#lib/fleet/gaps';
import { person } from '#tests/fixtures';
import { startSidecar } from './server.ts';
import { postJson } from './testing/sidecar.ts';

test('the fleet says in words that Portkey’s streamed answers were never seen', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'stopgap-side-'));
  const seq = await publish();
  const feed = await startFeed({ port: 0, host: '127.0.0.1' });
  const sidecar = await startSidecar({
    port: 0,
    host: '127.0.0.1',
    guard: {
      feedUrl: `http://127.0.0.1:${feed.port}`,
      apiKey: await feedKey(),
      instanceId: 'gateway-side',
      dir,
    },
  });
  try {
    expect(await sidecar.guard.waitForSeq(seq, 60_000)).toBe(true);
    // As the real gateway calls the hook of a streamed answer: without the answer.
    const hook = {
      eventType: 'afterRequestHook',
      request: { json: { model: 'coder', stream: true }, isStreamingRequest: true },
      response: { json: null, text: '', statusCode: 200 },
    };
    const { body } = await postJson(`http://127.0.0.1:${sidecar.port}/portkey`, hook);
    expect(body).toEqual({ verdict: true, data: { rules: [], unseen: true } });
  } finally {
    await sidecar.close();
    await feed.close();
    await rm(dir, { recursive: true, force: true });
  }
  const gaps = await listGaps(await person('commander'));
  expect(gaps.find(({ instanceId }) => instanceId === 'gateway-side')?.text).toContain(
    'does not enforce output rules on streamed answers through Portkey',
  );
});
