import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Run, runFile } from '#bin/testing/run';
import { headOf, seal, sealHead, TEST_KEY, TestFeed } from '#sdk/testing/feed';
import { makeRule, makeSnapshot } from '#sdk/testing/rules';
import { postJson } from './testing/sidecar.ts';

let feed: TestFeed;
let dir: string;
let runs: Run[];
beforeEach(async () => {
  feed = await new TestFeed().listen();
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-side-'));
  runs = [];
});
afterEach(async () => {
  for (const run of runs) run.process.kill('SIGKILL');
  await Promise.all(runs.map(({ exit }) => exit));
  await feed.kill();
  await rm(dir, { recursive: true, force: true });
});

/** The command as an operator starts it, on a free port. */
async function start(env: Record<string, string> = {}) {
  const run = runFile(
    'bin/stopgap.ts',
    ['sidecar', '--port', '0', '--data-dir', dir, '--instance-id', 'side'],
    {
      STOPGAP_FEED_URL: feed.url,
      STOPGAP_FEED_KEY: TEST_KEY,
      ...env,
    },
  );
  runs.push(run);
  await run.says('sidecar serves');
  const port = /"message":"sidecar serves","port":(\d+)/.exec(run.output())?.[1];
  return { run, url: `http://127.0.0.1:${port}` };
}

const evil = { completion: 'evil(1)' };

describe('stopgap sidecar', () => {
  test('killed and started again without the feed, it enforces what it had', async () => {
    feed.publish(makeSnapshot(7, [makeRule()]));
    const first = await start();
    expect((await postJson(`${first.url}/v1/decide`, evil)).body).toMatchObject({ verdict: 'block', seq: 7 });
    first.run.process.kill('SIGKILL');
    await first.run.exit;
    await feed.kill();
    const second = await start();
    const decision = await postJson(`${second.url}/v1/decide`, evil);
    expect(decision.body).toMatchObject({ verdict: 'block', seq: 7 });
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
  });

  test('told to stop, it finishes what has begun, takes nothing new, and sends its last counters', async () => {
    const rule = makeRule();
    feed.publish(makeSnapshot(1, [rule]));
    const { run, url } = await start();
    const request = httpRequest(`${url}/v1/stream`, { method: 'POST' });
    const answered = new Promise<IncomingMessage>((resolve) => request.on('response', resolve));
    request.write('{}\n{"text":"ev"}\n');
    const response = await answered;
    run.process.kill('SIGTERM');
    await run.says('stopping');
    await expect
      .poll(() =>
        fetch(`${url}/healthz`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed');
    request.end('{"text":"il(1)"}\n{"end":true}\n');
    expect(await text(response)).toContain('"verdict":"block"');
    expect((await run.exit).code).toBe(0);
    const hits = feed.reports.flatMap((report) => report.hits);
    expect(hits).toMatchObject([{ ruleId: rule.id, hits: 1, enforced: 1 }]);
    expect(feed.reports.at(-1)).toMatchObject({ instanceId: 'side', kind: 'sidecar', goodbye: true });
  });

  test('started with nothing, it refuses an old ruleset, says why, and takes it only where somebody allows for it', async () => {
    const envelope = seal(makeSnapshot(40, [makeRule()]), feed.signer);
    const old = sealHead(headOf(envelope, new Date(Date.now() - 3_600_000)), feed.signer);
    feed.head = { text: old };
    feed.publishText(40, envelope);
    const pinned = { STOPGAP_PUBLIC_KEY: feed.signer.publicKey };
    const { run, url } = await start(pinned);
    await run.says('ruleset: failed');
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      seq: 0,
      reason: expect.stringContaining('more than 10 min ago'),
    });
    expect((await postJson(`${url}/v1/decide`, evil)).body).toMatchObject({ verdict: 'allow', seq: 0 });
    expect(feed.reports.at(-1)).toMatchObject({ kind: 'sidecar', state: 'failed', activeSeq: 0 });
    run.process.kill('SIGKILL');
    await run.exit;
    feed.head = 'none';
    const bare = await start(pinned);
    await bare.run.says('No signed head came with it');
    const offered = await start({ ...pinned, STOPGAP_FRESHNESS: 'when-offered' });
    expect((await postJson(`${offered.url}/v1/decide`, evil)).body).toMatchObject({
      verdict: 'block',
      seq: 40,
    });
    feed.head = { text: old };
    // It would find the other's last good ruleset in the same folder.
    await rm(dir, { recursive: true, force: true });
    const allowed = await start({ ...pinned, STOPGAP_HEAD_MAX_AGE_S: '86400' });
    expect((await postJson(`${allowed.url}/v1/decide`, evil)).body).toMatchObject({
      verdict: 'block',
      seq: 40,
    });
  });

  test.each([
    [
      { STOPGAP_FEED_KEY: '' },
      'STOPGAP_FEED_KEY is needed: a key with the scope feed. Try: npm run stopgap -- help',
    ],
    [
      { STOPGAP_SIDECAR_TOKEN: 'short' },
      'STOPGAP_SIDECAR_TOKEN needs 16 characters or more. Try: npm run stopgap -- help',
    ],
  ])('%j is refused in one line', async (env, line) => {
    const run = runFile('bin/stopgap.ts', ['sidecar'], {
      STOPGAP_FEED_URL: feed.url,
      STOPGAP_FEED_KEY: TEST_KEY,
      ...env,
    });
    runs.push(run);
    expect((await run.exit).code).toBe(2);
    expect(run.output().trim()).toBe(line);
  });
});
