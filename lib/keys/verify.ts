import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { SCOPES } from '#lib/permissions';
import { hashKey } from './secret.ts';

/** Last use is worth a write a minute, not a write per request. */
const TOUCH_EVERY_MS = 60_000;

/** The machine behind a bearer token, or null when it is unknown, revoked or expired. */
export async function verifyKey(token: string): Promise<Extract<Actor, { kind: 'key' }> | null> {
  if (!token.startsWith('sg_')) return null;
  const key = await db.apiKey.findUnique({
    where: { hash: hashKey(token) },
    include: { createdBy: { select: { disabledAt: true } } },
  });
  const now = new Date();
  if (!key || key.revokedAt || key.createdBy?.disabledAt || (key.expiresAt && key.expiresAt <= now))
    return null;
  if (!key.lastUsedAt || now.getTime() - key.lastUsedAt.getTime() > TOUCH_EVERY_MS) {
    await db.apiKey.update({ where: { id: key.id }, data: { lastUsedAt: now } });
  }
  return {
    kind: 'key',
    id: key.id,
    name: key.name,
    source: key.source,
    scopes: SCOPES.filter((scope) => key.scopes.includes(scope)),
    createdById: key.createdById,
  };
}
