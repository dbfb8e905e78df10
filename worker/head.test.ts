import { expect, onTestFinished, test } from 'vitest';
import { until } from '#bin/testing/run';
import { publish } from '#feed/testing/client';
import { db } from '#lib/db';
import { publicKeyPem } from '#lib/rulesets/signing';
import { openHead } from '#sdk/head';
import { parsePublicKey } from '#sdk/snapshot';
import { ageHead } from '../tests/heads.ts';
import { startWorker } from './main.ts';

test('two workers that start after an hour away have the newest ruleset signed anew, once', async () => {
  const seq = await publish();
  await ageHead(60);
  const { head } = await db.rulesetHead.findFirstOrThrow();
  const workers = [startWorker({ onReady: () => undefined }), startWorker({ onReady: () => undefined })];
  onTestFinished(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
  });
  const row = () => db.rulesetHead.findFirstOrThrow();
  await until(async () => (await row()).head !== head, 'the next head');
  const { head: next } = await row();
  const opened = openHead(next, [parsePublicKey(publicKeyPem())]);
  expect(opened).toMatchObject({ seq });
  expect(Date.now() - (opened?.at.getTime() ?? 0)).toBeLessThan(60_000);
});
