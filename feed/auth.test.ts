import type { IncomingMessage } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { db } from '#lib/db';
import { hashKey } from '#lib/keys/secret';
import { KeyCheck } from './auth.ts';
import { feedKey } from './testing/client.ts';

const asking = (key: string) => ({ headers: { authorization: `Bearer ${key}` } }) as IncomingMessage;
afterEach(() => vi.useRealTimers());

test('a revoked key is refused when its 30 s of memory are over', async () => {
  const key = await feedKey();
  const keys = new KeyCheck();
  vi.useFakeTimers({ toFake: ['performance'] });
  await keys.require(asking(key), 'fleet.report');
  await db.apiKey.update({ where: { hash: hashKey(key) }, data: { revokedAt: new Date() } });
  await keys.require(asking(key), 'fleet.report');
  vi.advanceTimersByTime(30_001);
  await expect(keys.require(asking(key), 'fleet.report')).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('while the database is away a key known before is accepted, another is answered unavailable', async () => {
  const [known, unknown] = [await feedKey(), await feedKey()];
  const keys = new KeyCheck();
  vi.useFakeTimers({ toFake: ['performance'] });
  await keys.find(known);
  vi.advanceTimersByTime(3_600_000);
  const away = vi.spyOn(db.apiKey, 'findUnique').mockRejectedValue(new Error('connect ECONNREFUSED'));
  expect(await keys.find(known)).toMatchObject({ kind: 'key', scopes: ['feed'] });
  await expect(keys.find(unknown)).rejects.toMatchObject({ code: 'unavailable' });
  away.mockRestore();
  expect(await keys.find(unknown)).toMatchObject({ kind: 'key' });
});
