import { createHash } from 'node:crypto';
import type { Actor } from '#lib/actor';
import { db, type Tx } from '#lib/db';
import { env } from '#lib/env';
import { AppError } from '#lib/errors';

/** How long a person who has just proved who they are need not do so again, milliseconds. */
export const CONFIRMED_FOR_MS = 10 * 60_000;

/** What stands for a session wherever it is written down: never its own id, which is in the cookie. */
export function sessionDigest(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex');
}

/** A sign-in, or a password typed again, in this session. Older sessions of the person are swept. */
export async function rememberConfirmed(
  client: Tx | typeof db,
  session: string,
  userId: string,
): Promise<void> {
  await client.$executeRaw`
    INSERT INTO confirmation (session, user_id, confirmed_at) VALUES (${session}, ${userId}::uuid, clock_timestamp())
    ON CONFLICT (session) DO UPDATE SET confirmed_at = excluded.confirmed_at`;
  await client.$executeRaw`
    DELETE FROM confirmation WHERE user_id = ${userId}::uuid AND confirmed_at < now() - interval '1 day'`;
}

/** Whether the actor has proved lately who they are. Machines prove it with every request. */
export async function isConfirmed(actor: Actor, client: Tx | typeof db = db): Promise<boolean> {
  if (actor.kind !== 'user') return true;
  if (!actor.session) return false;
  const rows = await client.$queryRaw<unknown[]>`
    SELECT 1 FROM confirmation WHERE session = ${actor.session} AND user_id = ${actor.id}::uuid
      AND confirmed_at > clock_timestamp() - ${CONFIRMED_FOR_MS} * interval '1 millisecond'`;
  return rows.length > 0;
}

/** In the demo everybody confirms with this word: its people have no passwords. */
export const DEMO_WORD = 'demo';

const WHY = 'It is a while since you signed in, and this changes what everybody gets or who may change it.';
const DEMO_HINT = `In the demo everybody's password is “${DEMO_WORD}”.`;

/** Throws `forbidden` with the field `password` unless the actor has proved lately who they are. */
export async function requireConfirmed(actor: Actor, client: Tx | typeof db = db): Promise<void> {
  if (await isConfirmed(actor, client)) return;
  throw new AppError(
    'forbidden',
    'This reaches every instance, or gives somebody the power to. Confirm that it is you: type your password, or sign in again.',
    { fields: { password: env().STOPGAP_DEMO === '1' ? `${WHY} ${DEMO_HINT}` : WHY } },
  );
}
