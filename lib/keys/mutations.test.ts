import { expect, test } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { person } from '#tests/fixtures';
import { createKey, revokeKey } from './mutations.ts';
import { listKeys } from './queries.ts';
import { verifyKey, verifyKeyLately } from './verify.ts';

const input = { name: 'gateway', source: 'gateway', scopes: ['ingest' as const] };

test('a key works until it is revoked; only its hash is stored and its event has no secret', async () => {
  const admin = await person('admin');
  const { id, key } = await createKey(admin, input);
  expect(await verifyKey(key)).toMatchObject({
    kind: 'key',
    id,
    source: 'gateway',
    scopes: ['ingest'],
    createdById: admin.id,
  });
  const stored = JSON.stringify([
    await db.apiKey.findMany(),
    (await db.event.findMany()).map((event) => event.body),
  ]);
  expect(stored).not.toContain(key);
  expect(JSON.stringify(await listKeys(admin))).not.toContain(
    (await db.apiKey.findUniqueOrThrow({ where: { id } })).hash,
  );
  await revokeKey(admin, { id });
  expect(await verifyKey(key)).toBeNull();
  await expect(revokeKey(admin, { id })).rejects.toMatchObject({ code: 'conflict' });
  const actions = await db.event.findMany({
    where: { subjectId: id },
    orderBy: { id: 'asc' },
    select: { action: true },
  });
  expect(actions.map((event) => event.action)).toEqual(['key.create', 'key.revoke']);
});

test('keys are for admins', async () => {
  await expect(createKey(await person('commander'), input)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(revokeKey(await person('commander'), { id: newId() })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(revokeKey(await person('admin'), { id: newId() })).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('an expired key, a stranger and a key whose maker is disabled are nobody', async () => {
  const admin = await person('admin');
  const { id, key } = await createKey(admin, { ...input, expiresInDays: 1 });
  await db.apiKey.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1) } });
  expect(await verifyKey(key)).toBeNull();
  expect(await verifyKey('sg_unknown')).toBeNull();
  const other = await createKey(admin, input);
  await db.user.update({ where: { id: admin.id }, data: { disabledAt: new Date() } });
  expect(await verifyKey(other.key)).toBeNull();
});
test('a key that was looked up lately is good for a second, and no longer when it is revoked meanwhile', async () => {
  const admin = await person('admin');
  const { id, key } = await createKey(admin, input);
  expect(await verifyKeyLately(key, 0)).toMatchObject({ id });
  await revokeKey(admin, { id });
  expect(await verifyKeyLately(key, 999)).toMatchObject({ id });
  expect(await verifyKeyLately(key, 1_000)).toBeNull();
  expect(await verifyKeyLately('sg_unknown', 0)).toBeNull();
});
