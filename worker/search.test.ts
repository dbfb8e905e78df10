import { expect, onTestFinished, test } from 'vitest';
import { until } from '#bin/testing/run';
import { db } from '#lib/db';
import { runSearchIndex } from './search.ts';

const add = (from: number, to: number) => db.$executeRaw`
  INSERT INTO interaction (id, source, external_id, digest, occurred_at, model_name, model_version, surface, language,
    actor_id, prompt, completion)
  SELECT uuidv7(), 'search', n::text, '', now(), 'm', '1', 'inline', 'python', 'a', '', 'value_' || n || ' = call()'
  FROM generate_series(${from}::int, ${to - 1}::int) AS n`;

function start() {
  const stop = new AbortController();
  const running = runSearchIndex(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  onTestFinished(end);
  return end;
}

test('what was there before is indexed, also by two and after a stop; what is erased is forgotten', async () => {
  // Two segments of 4,096 and some more; later one more.
  await add(0, 8_600);
  const first = start();
  await until(async () => (await db.searchDocument.count()) > 0, 'a first segment');
  await first();
  start();
  start();
  // Fewer than are worth a segment stay outside, and are read as they are.
  await until(async () => (await db.searchDocument.count()) > 8_600 - 4_096, 'the rest');
  await add(8_600, 12_800);
  await until(async () => (await db.searchDocument.count()) > 12_800 - 4_096, 'what came later');
  const [one] = await db.searchDocument.findMany({ take: 1 });
  await db.$executeRaw`
    UPDATE interaction SET prompt = '', completion = '', erased_at = now(), erased_for = 'retention'
    WHERE id = ${one?.interactionId ?? ''}::uuid`;
  expect(await db.searchErasure.count()).toBe(1);
  await until(async () => (await db.searchErasure.count()) === 0, 'the erased one to be forgotten');
});
