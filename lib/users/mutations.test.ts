import { expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { flagged, machine, person } from '#tests/fixtures';
import { authenticate } from './authenticate.ts';
import {
  adoptOidcUser,
  changePassword,
  changeRole,
  createFirstAdmin,
  createUser,
  issueSetupToken,
  setUserDisabled,
} from './mutations.ts';
import { MAX_FAILURES, MAX_SHARED_FAILURES, takeTry } from './throttle.ts';

const ana = { email: 'ana@example.test', name: 'Ana', role: 'reviewer' as const };

test('the first admin: once, with the newest token only', async () => {
  const first = await issueSetupToken();
  const token = await issueSetupToken();
  const input = { email: 'root@example.test', name: 'Root', password: 'a long enough phrase' };
  await expect(createFirstAdmin({ ...input, token: first ?? '' })).rejects.toMatchObject({
    code: 'forbidden',
  });
  const tries = await Promise.allSettled(
    ['a', 'b', 'c'].map((tab) =>
      createFirstAdmin({ ...input, email: `${tab}@example.test`, token: token ?? '' }),
    ),
  );
  expect(tries.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
  expect(await db.user.count({ where: { role: 'admin' } })).toBe(1);
  expect(await issueSetupToken()).toBeNull();
});

test('createUser works, leaves its event, and never the password', async () => {
  const admin = await person('admin');
  const { id, password } = await createUser(admin, ana);
  expect(await authenticate({ email: 'ANA@example.test', password, address: '10.0.0.1' })).toMatchObject({
    id,
  });
  const event = await db.event.findFirstOrThrow({ where: { subjectId: id } });
  expect(event).toMatchObject({ action: 'user.create', actorId: admin.id });
  expect(event.body).not.toContain(password);
});

test('createUser is forbidden to others and conflicts on the address', async () => {
  await expect(createUser(await person('lead'), { ...ana, email: 'bo@example.test' })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(createUser(await machine(['respond']), ana)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(createUser(await person('admin'), ana)).rejects.toMatchObject({
    code: 'conflict',
    fields: { email: 'is taken' },
  });
});

test('a disabled person is out, their lease is free, and enabling lets them in again', async () => {
  const admin = await person('admin');
  const { id, password } = await createUser(admin, { ...ana, email: 'cy@example.test' });
  const interactionId = await flagged();
  await db.queueItem.update({
    where: { interactionId },
    data: { leaseToken: newId(), leaseHolderId: id, leaseExpiresAt: new Date(Date.now() + 60_000) },
  });
  await setUserDisabled(admin, { id, disabled: true });
  expect(await authenticate({ email: 'cy@example.test', password, address: '10.0.0.2' })).toBeNull();
  expect(await db.queueItem.findUnique({ where: { interactionId } })).toMatchObject({ leaseHolderId: null });
  await expect(setUserDisabled(admin, { id, disabled: true })).rejects.toMatchObject({ code: 'conflict' });
  await setUserDisabled(admin, { id, disabled: false });
  expect(await authenticate({ email: 'cy@example.test', password, address: '10.0.0.2' })).toMatchObject({
    id,
  });
  await expect(setUserDisabled(await person('auditor'), { id, disabled: true })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(setUserDisabled(admin, { id: newId(), disabled: true })).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('the last admin cannot be removed, not even by two admins who remove each other at once', async () => {
  await db.user.updateMany({ where: { role: 'admin' }, data: { role: 'reviewer' } });
  const one = await person('admin');
  const two = await person('admin');
  const tries = await Promise.allSettled([
    changeRole(one, { id: two.id, role: 'reviewer' }),
    changeRole(two, { id: one.id, role: 'reviewer' }),
    setUserDisabled(one, { id: two.id, disabled: true }),
    setUserDisabled(two, { id: one.id, disabled: true }),
  ]);
  expect(tries.some((each) => each.status === 'rejected')).toBe(true);
  expect(await db.user.count({ where: { role: 'admin', disabledAt: null } })).toBe(1);
});

test('changeRole: forbidden, not found, works with before and after', async () => {
  const admin = await person('admin');
  const reviewer = await person('reviewer');
  await expect(changeRole(reviewer, { id: reviewer.id, role: 'admin' })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(changeRole(admin, { id: newId(), role: 'lead' })).rejects.toMatchObject({ code: 'not_found' });
  await changeRole(admin, { id: reviewer.id, role: 'lead' });
  const event = await db.event.findFirstOrThrow({ where: { action: 'user.role', subjectId: reviewer.id } });
  expect(JSON.parse(event.body).data).toMatchObject({ before: 'reviewer', after: 'lead' });
});

test('changePassword needs the current one', async () => {
  const { id, password } = await createUser(await person('admin'), { ...ana, email: 'di@example.test' });
  const di = { kind: 'user' as const, id, name: 'Di', role: 'reviewer' as const };
  await expect(changePassword(di, { current: 'wrong', next: 'another long phrase' })).rejects.toMatchObject({
    code: 'invalid',
  });
  await changePassword(di, { current: password, next: 'another long phrase' });
  expect(await authenticate({ email: 'di@example.test', password, address: '10.0.0.3' })).toBeNull();
  await expect(
    changePassword(systemActor('x'), { current: '', next: 'another long phrase' }),
  ).rejects.toMatchObject({ code: 'forbidden' });
});

test('guessing is throttled per account and address, also when the guesses come at once', async () => {
  const { password } = await createUser(await person('admin'), { ...ana, email: 'el@example.test' });
  const email = 'el@example.test';
  const guess = (n: number) => authenticate({ email, password: `guess ${n}`, address: '10.1.0.1' });
  const guesses = await Promise.allSettled(Array.from({ length: MAX_FAILURES + 2 }, (_, n) => guess(n)));
  expect(guesses.filter((each) => each.status === 'fulfilled')).toHaveLength(MAX_FAILURES);
  const refused = guesses.filter((each) => each.status === 'rejected').map((each) => each.reason.code);
  expect(new Set(refused)).toEqual(new Set(['rate_limited']));
  // Not even the right password gets through the door that was tried; everywhere else the owner comes in.
  const right = authenticate({ email, password, address: '10.1.0.1' });
  await expect(right).rejects.toMatchObject({ code: 'rate_limited' });
  expect(await authenticate({ email, password, address: '10.2.0.1' })).not.toBeNull();
});

test('ten wrong passwords lock out nobody else at the same address', async () => {
  const admin = await person('admin');
  const { password } = await createUser(admin, { ...ana, email: 'gil@example.test' });
  const address = '10.3.0.1';
  for (let n = 0; n < MAX_FAILURES + 2; n += 1)
    await authenticate({ email: `victim-${n}@example.test`, password: 'x', address });
  expect(await authenticate({ email: 'gil@example.test', password, address })).not.toBeNull();
});

test('guesses at many accounts from one address end, and hold up nobody who is known there', async () => {
  const admin = await person('admin');
  const { password } = await createUser(admin, { ...ana, email: 'kim@example.test' });
  const address = '10.4.0.1';
  expect(await authenticate({ email: 'kim@example.test', password, address })).not.toBeNull();
  await takeTryTimes(`address:${address}`, MAX_SHARED_FAILURES);
  const next = authenticate({ email: 'another-victim@example.test', password: 'x', address });
  await expect(next).rejects.toMatchObject({ code: 'rate_limited' });
  // A spent address takes no tries of accounts.
  const rows = await db.signInThrottle.count({ where: { key: { contains: 'another-victim' } } });
  expect(rows).toBe(0);
  expect(await authenticate({ email: 'kim@example.test', password, address })).not.toBeNull();
});

test('guesses at one account from everywhere end, and do not hold up its owner where they are known', async () => {
  const admin = await person('admin');
  const { password } = await createUser(admin, { ...ana, email: 'lou@example.test' });
  const email = 'lou@example.test';
  expect(await authenticate({ email, password, address: '10.5.0.1' })).not.toBeNull();
  await takeTryTimes(`email:${email}`, MAX_SHARED_FAILURES);
  const far = authenticate({ email, password: 'guess', address: '10.6.0.1' });
  await expect(far).rejects.toMatchObject({ code: 'rate_limited' });
  expect(await authenticate({ email, password, address: '10.5.0.1' })).not.toBeNull();
});

async function takeTryTimes(key: string, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) await takeTry([key], MAX_SHARED_FAILURES);
}

test('single sign-on makes a reviewer once and refuses the disabled', async () => {
  const first = await adoptOidcUser({ email: 'Fay@Example.test', name: 'Fay' });
  expect(await adoptOidcUser({ email: 'fay@example.test', name: 'Fay again' })).toEqual(first);
  await setUserDisabled(await person('admin'), { id: first?.id ?? '', disabled: true });
  expect(await adoptOidcUser({ email: 'fay@example.test', name: 'Fay' })).toBeNull();
});
