import { expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { machine, person } from '../../tests/fixtures.ts';
import { CONFIRMED_FOR_MS, DEMO_WORD, isConfirmed, requireConfirmed, sessionDigest } from './confirmation.ts';
import { confirmIdentity } from './mutations.ts';
import { hashPassword } from './password.ts';

const asked = { code: 'forbidden', fields: { password: expect.any(String) } };

async function member(password = 'correct horse battery') {
  const actor = await person('commander');
  await db.user.update({ where: { id: actor.id }, data: { passwordHash: await hashPassword(password) } });
  return actor;
}
const age = (session: string | undefined) =>
  db.confirmation.update({
    where: { session: session ?? '' },
    data: { confirmedAt: new Date(Date.now() - CONFIRMED_FOR_MS - 1_000) },
  });

test('a sign-in counts for a while and then has to be confirmed; a key and the system never', async () => {
  const ana = await member();
  expect(await isConfirmed(ana)).toBe(true);
  await age(ana.session);
  await expect(requireConfirmed(ana)).rejects.toMatchObject(asked);
  await requireConfirmed(await machine(['respond']));
  await requireConfirmed(systemActor('clock'));
});

test('the password confirms this session and no other', async () => {
  const ana = await member();
  await age(ana.session);
  const elsewhere = { ...ana, session: sessionDigest('another browser') };
  await confirmIdentity(ana, { password: 'correct horse battery' });
  await requireConfirmed(ana);
  await expect(requireConfirmed(elsewhere)).rejects.toMatchObject(asked);
  await expect(requireConfirmed({ ...ana, session: undefined })).rejects.toMatchObject(asked);
  const event = await db.event.findFirst({ where: { action: 'user.confirm', subjectId: ana.id } });
  expect(event?.body).not.toContain('horse');
});

test('somebody else with a stolen session name gains nothing', async () => {
  const [ana, eve] = [await member(), await member()];
  await expect(requireConfirmed({ ...eve, session: ana.session })).rejects.toMatchObject(asked);
});

test('a wrong password is refused with the field, and guesses run out', async () => {
  const ana = await member();
  await age(ana.session);
  const guess = () => confirmIdentity(ana, { password: 'wrong' });
  await expect(guess()).rejects.toMatchObject({ code: 'invalid', fields: { password: /not your password/ } });
  const tries = await Promise.allSettled(Array.from({ length: 12 }, guess));
  expect(tries.map((each) => each.status === 'rejected' && each.reason.code)).toContain('rate_limited');
  await expect(requireConfirmed(ana)).rejects.toMatchObject(asked);
});

test('who signs in elsewhere has no password here and is told so; a demo person has a word', async () => {
  const ana = await person('commander');
  await expect(confirmIdentity(ana, { password: 'x' })).rejects.toThrow(/sign in again/);
  await db.user.update({ where: { id: ana.id }, data: { demo: true } });
  await age(ana.session);
  await confirmIdentity(ana, { password: DEMO_WORD });
  await requireConfirmed(ana);
});

test('keys cannot confirm', async () => {
  await expect(confirmIdentity(await machine(['respond']), { password: 'x' })).rejects.toMatchObject({
    code: 'forbidden',
  });
});
