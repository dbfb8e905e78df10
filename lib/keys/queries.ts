import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { authorize, ROLES } from '#lib/permissions';
import { choices } from '#lib/users/queries';

/** All keys, newest first; never their hashes. An installation has dozens, so there is no paging. */
export async function listKeys(actor: Actor) {
  authorize(actor, 'key.manage');
  return db.apiKey.findMany({
    orderBy: { createdAt: 'desc' },
    take: 500,
    select: {
      id: true,
      name: true,
      source: true,
      scopes: true,
      prefix: true,
      createdAt: true,
      expiresAt: true,
      lastUsedAt: true,
      revokedAt: true,
      createdBy: { select: { name: true } },
      heldBy: { select: { name: true } },
    },
  });
}

/** People with access, any of whom may be given a key to hold, by name. */
export async function listKeyHolders(actor: Actor) {
  authorize(actor, 'key.manage');
  return choices(ROLES, 1_000);
}
