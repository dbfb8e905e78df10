import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { authorize, PERMISSIONS, type Role } from '#lib/permissions';
import { tellApart } from './namesakes.ts';

/** Everybody with an account, in the order of their names. */
export async function listUsers(actor: Actor) {
  authorize(actor, 'user.manage');
  return db.user.findMany({
    orderBy: { name: 'asc' },
    take: 1_000,
    select: { id: true, name: true, email: true, role: true, disabledAt: true, createdAt: true },
  });
}

/** Somebody with access, by their address; null where there is nobody. Not guarded: whoever runs the processes asks. */
export async function personByEmail(email: string): Promise<{ id: string; name: string } | null> {
  return db.user.findFirst({
    where: { email: email.trim().toLowerCase(), disabledAt: null },
    select: { id: true, name: true },
  });
}

/** People who may lead an incident, for pickers. */
export async function listCommanders(actor: Actor) {
  authorize(actor, 'incident.read');
  return choices(['commander', 'lead'], 200);
}

/** People to whom an item may be handed, for pickers. */
export async function listReviewers(actor: Actor) {
  authorize(actor, 'review.claim');
  return choices(PERMISSIONS['review.claim'].roles, 1_000);
}

/** People with access and one of these roles, each with a label that no other of them has. Not guarded: for queries that have. */
export async function choices(roles: readonly Role[], most: number) {
  const people = await db.user.findMany({
    where: { role: { in: [...roles] }, disabledAt: null },
    orderBy: { name: 'asc' },
    take: most,
    select: { id: true, name: true, role: true, createdAt: true },
  });
  return tellApart(people.map((person) => ({ ...person, role: person.role as Role })));
}

export type Reviewer = Awaited<ReturnType<typeof listReviewers>>[number];
export type UserRow = Awaited<ReturnType<typeof listUsers>>[number];
