import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Actor, systemActor, type UserActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { ignoreKey, keepNoAnswer } from '#lib/idempotency/once';
import { newId } from '#lib/ids';
import { authorize, type Role } from '#lib/permissions';
import { DEMO_WORD, rememberConfirmed, requireConfirmed } from './confirmation.ts';
import { hashPassword, oneTimePassword, verifyPassword } from './password.ts';
import type { ChangePassword, ConfirmIdentity, CreateFirstAdmin, CreateUser } from './schema.ts';
import { giveBack, takeTry } from './throttle.ts';

const SETUP_TOKEN = 'setup-token-hash';

/** Adds a person; the password is shown once and theirs to change. */
export async function createUser(actor: Actor, input: CreateUser): Promise<{ id: string; password: string }> {
  authorize(actor, 'user.manage');
  await requireConfirmed(actor);
  keepNoAnswer();
  const password = oneTimePassword();
  const passwordHash = await hashPassword(password);
  const id = await db.$transaction((tx) => insertUser(tx, actor, { ...input, passwordHash }));
  return { id, password };
}

async function insertUser(
  tx: Tx,
  actor: Actor,
  input: CreateUser & { passwordHash: string | null },
): Promise<string> {
  const id = newId();
  const inserted = await tx.user.createManyAndReturn({
    data: [{ id, email: input.email, name: input.name, role: input.role, passwordHash: input.passwordHash }],
    skipDuplicates: true,
    select: { id: true },
  });
  if (inserted.length === 0) {
    throw new AppError('conflict', `Somebody with the address ${input.email} is here already.`, {
      fields: { email: 'is taken' },
    });
  }
  await recordEvent(tx, actor, {
    action: 'user.create',
    subject: { type: 'user', id },
    data: { name: input.name, role: input.role },
  });
  return id;
}

/** Gives a person another role; it holds from their next request on. */
export async function changeRole(actor: Actor, input: { id: string; role: Role }): Promise<void> {
  authorize(actor, 'user.manage');
  await requireConfirmed(actor);
  await db.$transaction(async (tx) => {
    const before = await lockUser(tx, input.id);
    if (before.role === 'admin' && input.role !== 'admin') await keepOneAdmin(tx, input.id);
    await tx.user.update({ where: { id: input.id }, data: { role: input.role } });
    await recordEvent(tx, actor, {
      action: 'user.role',
      subject: { type: 'user', id: input.id },
      data: { name: before.name, before: before.role, after: input.role },
    });
  });
}

/** Shuts a person out at their next request, or lets them in again. Their leases are free at once. */
export async function setUserDisabled(actor: Actor, input: { id: string; disabled: boolean }): Promise<void> {
  authorize(actor, 'user.manage');
  // Shutting somebody out takes power away, and may have to be quick.
  if (!input.disabled) await requireConfirmed(actor);
  await db.$transaction(async (tx) => {
    const before = await lockUser(tx, input.id);
    if ((before.disabledAt !== null) === input.disabled) {
      throw new AppError('conflict', `${before.name} is ${input.disabled ? 'disabled' : 'enabled'} already.`);
    }
    if (input.disabled && before.role === 'admin') await keepOneAdmin(tx, input.id);
    await tx.user.update({
      where: { id: input.id },
      data: { disabledAt: input.disabled ? new Date() : null },
    });
    if (input.disabled) {
      await tx.queueItem.updateMany({
        where: { leaseHolderId: input.id, state: 'pending' },
        data: { leaseToken: null, leaseHolderId: null, leaseExpiresAt: null },
      });
    }
    await recordEvent(tx, actor, {
      action: input.disabled ? 'user.disable' : 'user.enable',
      subject: { type: 'user', id: input.id },
      data: { name: before.name },
    });
  });
}

async function lockUser(tx: Tx, id: string) {
  await tx.$queryRaw`SELECT 1 FROM app_user WHERE id = ${id}::uuid FOR UPDATE`;
  const user = await tx.user.findUnique({ where: { id } });
  if (!user) throw new AppError('not_found', 'There is no such person.');
  return user;
}

async function keepOneAdmin(tx: Tx, except: string): Promise<void> {
  // Two admins who disable each other at once must meet here.
  await tx.$queryRaw`SELECT id FROM app_user WHERE role = 'admin' ORDER BY id FOR UPDATE`;
  const others = await tx.user.count({
    where: { role: 'admin', demo: false, disabledAt: null, id: { not: except } },
  });
  if (others === 0)
    throw new AppError('conflict', 'This is the last admin. Make another person admin first.');
}

/** A person changes their own password. No permission but being that person (no authorize: anybody may). */
export async function changePassword(actor: Actor, input: ChangePassword): Promise<void> {
  if (actor.kind !== 'user') throw new AppError('forbidden', 'Only people have passwords.');
  // A digest of what is sent would be an unsalted hash of a password.
  ignoreKey();
  await takeTry([`password:${actor.id}`]);
  const user = await db.user.findUnique({ where: { id: actor.id } });
  if (!user?.passwordHash || !(await verifyPassword(input.current, user.passwordHash))) {
    throw new AppError('invalid', 'That is not your current password.', {
      fields: { current: 'is not right' },
    });
  }
  await giveBack([`password:${actor.id}`]);
  const passwordHash = await hashPassword(input.next);
  await db.$transaction(async (tx) => {
    const { count } = await tx.user.updateMany({
      where: { id: actor.id, passwordHash: user.passwordHash },
      data: { passwordHash },
    });
    if (count === 0) throw new AppError('conflict', 'Your password was changed elsewhere a moment ago.');
    await recordEvent(tx, actor, { action: 'user.password', subject: { type: 'user', id: actor.id } });
  });
}

/**
 * A signed-in person proves again that it is them; what reaches every instance, or gives somebody that power, asks for it. Throttled like sign-in.
 * Throws `invalid` with the field `password`. (no authorize: anybody may prove to be themselves)
 */
export async function confirmIdentity(actor: Actor, input: ConfirmIdentity): Promise<{ confirmed: true }> {
  if (actor.kind !== 'user' || !actor.session) {
    throw new AppError('forbidden', 'Only a signed-in person can confirm that it is them.');
  }
  ignoreKey();
  const { id, session } = actor;
  await takeTry([`password:${id}`]);
  const user = await db.user.findUnique({ where: { id } });
  const isRight = user?.demo
    ? input.password.trim().toLowerCase() === DEMO_WORD
    : await verifyPassword(input.password, user?.passwordHash ?? null);
  if (!user || !isRight) {
    const words =
      user?.passwordHash || user?.demo
        ? 'That is not your password.'
        : 'You have no password here; sign in again instead.';
    throw new AppError('invalid', words, { fields: { password: words } });
  }
  await giveBack([`password:${id}`]);
  await db.$transaction(async (tx) => {
    await rememberConfirmed(tx, session, id);
    await recordEvent(tx, actor, { action: 'user.confirm', subject: { type: 'user', id } });
  });
  return { confirmed: true };
}

/**
 * A fresh one-time token for the first admin; null when there is an admin already. Only its hash is stored.
 * (no authorize: whoever runs the processes; no event: nothing is granted until it is used)
 */
export async function issueSetupToken(): Promise<string | null> {
  if (await hasAdmin(db)) return null;
  const token = randomBytes(24).toString('base64url');
  const value = hashToken(token).toString('hex');
  await db.setting.upsert({
    where: { key: SETUP_TOKEN },
    create: { key: SETUP_TOKEN, value },
    update: { value },
  });
  return token;
}

/** Makes the first admin, once, for whoever reads the terminal (no authorize: the token is the proof). */
export async function createFirstAdmin(input: CreateFirstAdmin): Promise<{ id: string }> {
  // Looked at before the costly hash: this door is open to everybody.
  const stored = await db.setting.findUnique({ where: { key: SETUP_TOKEN } });
  expectToken(stored?.value, input.token);
  const passwordHash = await hashPassword(input.password);
  return db.$transaction(async (tx) => {
    // The token is used up by the delete, so two tabs cannot both become the first admin.
    const [row] = await tx.$queryRaw<{ value: string }[]>`
      SELECT value #>> '{}' AS value FROM setting WHERE key = ${SETUP_TOKEN} FOR UPDATE`;
    expectToken(row?.value, input.token);
    await tx.setting.delete({ where: { key: SETUP_TOKEN } });
    // One may have been made on the command line since the token was printed.
    if (await hasAdmin(tx))
      throw new AppError('conflict', 'There is an admin already. Ask them for an account.');
    const { email, name } = input;
    const id = await insertUser(tx, systemActor('setup'), { email, name, role: 'admin', passwordHash });
    return { id };
  });
}

function expectToken(stored: unknown, given: string): void {
  const hash = Buffer.from(typeof stored === 'string' ? stored : '', 'hex');
  const other = hashToken(given);
  if (hash.length === other.length && timingSafeEqual(hash, other)) return;
  const message = 'This token is not valid. The current one is on the terminal that runs Stopgap.';
  throw new AppError('forbidden', message, { fields: { token: 'is not valid' } });
}

/** The demo's own admin does not count: nobody can be them in a real Stopgap. */
async function hasAdmin(tx: Pick<Tx, 'user'>): Promise<boolean> {
  return (await tx.user.count({ where: { role: 'admin', demo: false } })) > 0;
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The person behind a single sign-on; made as a reviewer at the first visit (no authorize: they just proved who they are). */
export async function adoptOidcUser(profile: {
  email: string;
  name: string;
}): Promise<Pick<UserActor, 'id'> | null> {
  const email = profile.email.trim().toLowerCase();
  const known = await db.user.findUnique({ where: { email } });
  if (known) return known.disabledAt ? null : { id: known.id };
  const input = { email, name: profile.name, role: 'reviewer' as const, passwordHash: null };
  return { id: await db.$transaction((tx) => insertUser(tx, systemActor('single sign-on'), input)) };
}
