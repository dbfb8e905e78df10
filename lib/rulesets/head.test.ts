import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { env, setEnv } from '#lib/env';
import { claimedHead, openHead } from '#sdk/head';
import { parsePublicKey } from '#sdk/snapshot';
import { payloadSha256 } from '#sdk/tag';
import { person, ruleRow } from '../../tests/fixtures.ts';
import { ageHead } from '../../tests/heads.ts';
import { restoredTo } from '../../tests/restored.ts';
import { signHead } from './head.ts';
import { publishSnapshot } from './publish.ts';
import { publicKeyPem } from './signing.ts';

const worker = systemActor('ruleset head');
const publish = () => db.$transaction((tx) => publishSnapshot(tx, 'test'));
const row = () => db.rulesetHead.findFirstOrThrow();
const signed = async () => openHead((await row()).head, [parsePublicKey(publicKeyPem())]);

let seq: number;
beforeEach(async () => {
  await ruleRow({ state: 'live' });
  seq = await publish();
});

test('a publish signs its own head, in the same transaction', async () => {
  const { payload } = await db.ruleset.findUniqueOrThrow({ where: { seq } });
  const { at } = await row();
  expect(await signed()).toEqual({ seq, sha256: payloadSha256(payload), at });
  const failing = db.$transaction(async (tx) => {
    await publishSnapshot(tx, 'test');
    throw new Error('on purpose');
  });
  await expect(failing).rejects.toThrow('on purpose');
  expect((await row()).seq).toBe(seq);
});

test('the same ruleset is signed anew when its head has aged, and not before', async () => {
  expect(await signHead(worker)).toBe(false);
  await ageHead(1);
  const aged = await signed();
  expect(await signHead(worker)).toBe(true);
  const fresh = await signed();
  expect(fresh).toMatchObject({ seq, sha256: aged?.sha256 });
  expect(fresh?.at.getTime()).toBeGreaterThan((aged?.at.getTime() ?? 0) + 50_000);
  expect(await signHead(worker)).toBe(false);
});

test('many who sign at once, and publish meanwhile, never leave a head that is older than the newest ruleset', async () => {
  for (let round = 0; round < 4; round++) {
    await ageHead(5);
    const signing = Array.from({ length: 6 }, () => signHead(worker));
    const [next] = await Promise.all([publish(), ...signing]);
    expect(await signed()).toMatchObject({ seq: next });
    await ageHead(5);
    const who = await Promise.all(Array.from({ length: 6 }, () => signHead(worker)));
    expect(who.filter(Boolean)).toHaveLength(1);
  }
});

test('while somebody publishes it is left to them, and nobody waits', async () => {
  await ageHead(5);
  await db.$transaction(async (tx) => {
    const next = await publishSnapshot(tx, 'test');
    expect(await signHead(worker)).toBe(false);
    expect(next).toBe(seq + 1);
  });
  expect(await signed()).toMatchObject({ seq: seq + 1 });
});

test.each([
  ['a head of a number that the restored database does not have', 0, true],
  ['a head from the time to come, of a clock that was set back', -120, false],
])('%s is replaced', async (_, minutes, restored) => {
  if (restored) await publish();
  else await ageHead(minutes);
  const before = await db.rulesetHead.findFirstOrThrow();
  if (restored) {
    await restoredTo(seq);
    await db.$executeRaw`INSERT INTO ruleset_head (seq, at, head) VALUES (${before.seq}, ${before.at}, ${before.head})
      ON CONFLICT DO NOTHING`;
  }
  expect(await signHead(worker)).toBe(true);
  expect(await signed()).toMatchObject({ seq });
  expect(claimedHead((await row()).head)?.at.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
});

test('one whose key is not that of the newest ruleset signs nothing', async () => {
  await ageHead(5);
  const before = await row();
  const { STOPGAP_SIGNING_KEY: own } = env();
  const other = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  setEnv({ STOPGAP_SIGNING_KEY: String(other) });
  try {
    expect(await signHead(worker)).toBe(false);
  } finally {
    setEnv({ STOPGAP_SIGNING_KEY: own ?? '' });
  }
  expect(await row()).toEqual(before);
});

test('a database that takes no writes, as a replica, gets no head', async () => {
  await ageHead(5);
  const before = await row();
  const name = new URL(env().DATABASE_URL ?? '').pathname.slice(1);
  await db.$executeRawUnsafe(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
  await db.$disconnect();
  try {
    await expect(signHead(worker)).rejects.toThrow(/read-only/);
  } finally {
    await db.$transaction(async (tx) => {
      await tx.$executeRaw`SET TRANSACTION READ WRITE`;
      await tx.$executeRawUnsafe(`ALTER DATABASE "${name}" RESET default_transaction_read_only`);
    });
    await db.$disconnect();
  }
  expect(await row()).toEqual(before);
});

test('only who may publish may sign', async () => {
  await expect(signHead(await person('reviewer'))).rejects.toThrow();
});

afterEach(() => vi.restoreAllMocks());

test('a database whose clock is ahead gets no head, neither by the worker nor by a publish, until it is right', async () => {
  const before = await row();
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() - 120_000);
  const next = await publish();
  await ageHead(5);
  expect(await signHead(worker)).toBe(false);
  expect((await row()).seq).toBe(before.seq);
  vi.restoreAllMocks();
  expect(await signHead(worker)).toBe(true);
  expect(await signed()).toMatchObject({ seq: next });
});
