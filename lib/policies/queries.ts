import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { authorize } from '#lib/permissions';

/** The policies in force, in the order of their digit keys. */
export async function listPolicies(actor: Actor) {
  authorize(actor, 'policy.read');
  return db.policy.findMany({
    where: { current: true },
    orderBy: [{ position: 'asc' }, { key: 'asc' }],
    take: 50,
    select: { id: true, key: true, version: true, position: true, title: true, text: true },
  });
}

export type CurrentPolicy = Awaited<ReturnType<typeof listPolicies>>[number];
