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

test('a key that ends is refused at once, also when a look-up from before is answered after', async () => {
  const [key, other] = [await feedKey(), await feedKey()];
  const keys = new KeyCheck();
  await keys.find(key);
  const underway = new KeyCheck();
  const late = underway.find(key);
  for (const each of [keys, underway]) each.end([hashKey(key), hashKey('sg_unknown')]);
  expect(await late).toBeNull();
  for (const each of [keys, underway]) {
    await expect(each.require(asking(key), 'fleet.report')).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect(await each.find(other)).toMatchObject({ kind: 'key' });
  }
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
