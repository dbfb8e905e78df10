import { type Actor, personOf } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { keepNoAnswer } from '#lib/idempotency/once';
import { newId } from '#lib/ids';
import { authorize, type Scope } from '#lib/permissions';
import { requireConfirmed } from '#lib/users/confirmation';
import type { CreateKey } from './schema.ts';
import { hashKey, newKeySecret } from './secret.ts';

/** Scopes that publish what every instance runs, or read and report as one: making such a key asks who is there. */
const GIVES_POWER: readonly Scope[] = ['respond', 'feed'];

/** Makes an API key, held by a person unless it comes from the command line without one; `key` is the only time the secret is seen. */
export async function createKey(actor: Actor, input: CreateKey): Promise<{ id: string; key: string }> {
  authorize(actor, 'key.manage');
  if (input.scopes.some((scope) => GIVES_POWER.includes(scope))) await requireConfirmed(actor);
  keepNoAnswer();
  const id = newId();
  const key = newKeySecret();
  const createdById = personOf(actor);
  const heldById = input.heldById ?? createdById;
  const expiresAt = input.expiresInDays ? new Date(Date.now() + input.expiresInDays * 86_400_000) : null;
  await db.$transaction(async (tx) => {
    const holder = heldById === null ? null : await holderOf(tx, heldById);
    await tx.apiKey.create({
      data: {
        id,
        name: input.name,
        source: input.source,
        scopes: [...new Set(input.scopes)],
        hash: hashKey(key),
        prefix: key.slice(0, 8),
        createdById,
        heldById,
        expiresAt,
      },
    });
    await recordEvent(tx, actor, {
      action: 'key.create',
      subject: { type: 'key', id },
      data: {
        name: input.name,
        source: input.source,
        scopes: input.scopes,
        holder,
        expiresAt: expiresAt?.toISOString() ?? null,
      },
    });
  });
  return { id, key };
}

/** Held until the key is written: nobody is made the holder of a key and shut out at the same moment. */
async function holderOf(tx: Tx, id: string): Promise<{ id: string; name: string }> {
  await tx.$queryRaw`SELECT 1 FROM app_user WHERE id = ${id}::uuid FOR SHARE`;
  const person = await tx.user.findUnique({ where: { id }, select: { name: true, disabledAt: true } });
  if (person && !person.disabledAt) return { id, name: person.name };
  throw new AppError('invalid', 'Whoever holds the key must have an account and access.', {
    fields: { heldById: 'is nobody with access' },
  });
}

/** Ends a key at once; feeds and relays, which remember keys, refuse it and end its streams within a second. */
export async function revokeKey(actor: Actor, input: { id: string }): Promise<void> {
  authorize(actor, 'key.manage');
  await db.$transaction(async (tx) => {
    const known = await tx.apiKey.findUnique({
      where: { id: input.id },
      select: { name: true, source: true },
    });
    if (!known) throw new AppError('not_found', 'There is no such key.');
    const { count } = await tx.apiKey.updateMany({
      where: { id: input.id, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    if (count === 0) throw new AppError('conflict', `${known.name} is revoked already.`);
    await tx.$executeRaw`SELECT pg_notify('stopgap_key', '')`;
    await recordEvent(tx, actor, {
      action: 'key.revoke',
      subject: { type: 'key', id: input.id },
      data: known,
    });
  });
}
