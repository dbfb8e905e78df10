import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Run, runFile } from '#bin/testing/run';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { freePort } from '#lib/postgres/embedded';
import { publicKeyPem } from '#lib/rulesets/signing';
import { createGuard, type Guard } from '#sdk/guard';
import { until } from '#sdk/testing/feed';
import { ageHead } from '../tests/heads.ts';
import { feedKey, publish } from './testing/client.ts';

// Feed and worker as an operator runs them, each a process of its own, killed and started again.

let runs: Run[];
let guards: Guard[];
let key: string;
beforeEach(async () => {
  runs = [];
  guards = [];
  key = await feedKey();
});
afterEach(async () => {
  await Promise.all(guards.map((guard) => guard.close()));
  for (const run of runs) run.process.kill('SIGKILL');
  await Promise.all(runs.map(({ exit }) => exit));
});

function start(command: 'feed' | 'worker', port?: string): Run {
  const { DATABASE_URL = '', STOPGAP_DATA_DIR } = env();
  const run = runFile('bin/stopgap.ts', [command], {
    DATABASE_URL,
    STOPGAP_DATA_DIR,
    FEED_PORT: port,
    STOPGAP_HOST: '127.0.0.1',
  });
  runs.push(run);
  return run;
}
async function feedPort(): Promise<number> {
  const port = await freePort();
  await start('feed', String(port)).says('feed serves');
  return port;
}
async function kill(run: Run | undefined): Promise<void> {
  run?.process.kill('SIGKILL');
  await run?.exit;
}
function newcomer(port: number, instanceId: string): Guard {
  const guard = createGuard({
    feedUrl: `http://127.0.0.1:${port}`,
    apiKey: key,
    instanceId,
    publicKey: publicKeyPem(),
    onEvent: () => undefined,
  });
  guards.push(guard);
  void guard.start();
  return guard;
}
const headAt = async () => (await db.rulesetHead.findFirstOrThrow()).at.getTime();

test('after an hour without a worker a feed that starts signs, whoever starts is served, and the worker takes over again', {
  timeout: 120_000,
}, async () => {
  const seq = await publish();
  await ageHead(60);
  const first = newcomer(await feedPort(), 'first');
  await until('it is served', () => first.status().seq === seq);
  await kill(runs[0]);
  await ageHead(60);
  const again = newcomer(await feedPort(), 'again');
  await until('it is served', () => again.status().seq === seq);

  await ageHead(1.2);
  const aged = await headAt();
  const worker = start('worker');
  await expect.poll(headAt, { timeout: 60_000 }).toBeGreaterThan(aged);
  await kill(worker);
});
