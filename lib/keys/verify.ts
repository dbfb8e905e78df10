import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { SCOPES } from '#lib/permissions';
import { hashKey } from './secret.ts';

/** Last use is worth a write a minute, not a write per request. */
const TOUCH_EVERY_MS = 60_000;

type KeyActor = Extract<Actor, { kind: 'key' }>;

/** How old an answer of `verifyKeyLately` may be: a revoked key still sends for at most this long. */
const LATELY_MS = 1_000;
const REMEMBERED = 1_000;
const lately = new Map<string, { answer: Promise<KeyActor | null>; at: number }>();

/**
 * `verifyKey`, asked at most once a second per key and process, for calls that come by the thousand. A key that is
 * revoked, expired or whose maker or holder is disabled is refused within a second; unknown keys and failures are not remembered.
 */
export function verifyKeyLately(token: string, nowMs: number = performance.now()): Promise<KeyActor | null> {
  const hash = hashKey(token);
  const known = lately.get(hash);
  if (known && nowMs - known.at < LATELY_MS) return known.answer;
  const entry = { answer: verifyKey(token), at: nowMs };
  const forget = () => {
    if (lately.get(hash) === entry) lately.delete(hash);
  };
  entry.answer.then((key) => key ?? forget(), forget);
  // Oldest first out: a map keeps the order of insertion.
  lately.delete(hash);
  for (const old of lately.keys()) {
    if (lately.size < REMEMBERED) break;
    lately.delete(old);
  }
  lately.set(hash, entry);
  return entry.answer;
}

/** The machine behind a bearer token, or null when it is unknown, revoked or expired. */
export async function verifyKey(token: string): Promise<KeyActor | null> {
  return token.startsWith('sg_') ? verifyKeyHash(hashKey(token)) : null;
}

/** The machine behind the SHA-256 (hex) of a key, as a relay names the keys that were shown to it. */
export async function verifyKeyHash(hash: string): Promise<KeyActor | null> {
  const key = await db.apiKey.findUnique({
    where: { hash },
    include: { createdBy: { select: { disabledAt: true } }, heldBy: { select: { disabledAt: true } } },
  });
  const now = new Date();
  if (!key || key.revokedAt || (key.expiresAt && key.expiresAt <= now)) return null;
  if (key.createdBy?.disabledAt || key.heldBy?.disabledAt) return null;
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
    heldById: key.heldById,
  };
}
