import type { Actor, UserActor } from '#lib/actor';
import { Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { can } from '#lib/permissions';
import { type Lease, STAGES, type Stage } from '#lib/reviews/schema';

/** A claim as handed out: whoever has the token may decide until the lease ends. */
export type Claim = { interactionId: string; token: string; expiresAt: Date };

/** Whoever claims and decides is a person. Throws `forbidden`. */
export function personIn(actor: Actor): UserActor {
  if (actor.kind === 'user') return actor;
  throw new AppError('forbidden', 'Only a person can review.');
}

/** The stages in which an item may be this person's to take. */
export function stagesOf(person: UserActor): Stage[] {
  return can(person, 'review.adjudicate') ? [...STAGES] : ['review'];
}

/** A queue item still held by this person with this token, also after the lease ran out while nobody took it. */
export function heldWith(person: UserActor, lease: Lease): Prisma.Sql {
  return Prisma.sql`interaction_id = ${lease.interactionId}::uuid AND state = 'pending'
    AND lease_token = ${lease.token}::uuid AND lease_holder_id = ${person.id}::uuid`;
}

/** The same for a golden item, whose claim stands in `golden_answer`. */
export function goldenHeldWith(person: UserActor, lease: Lease): Prisma.Sql {
  return Prisma.sql`interaction_id = ${lease.interactionId}::uuid AND reviewer_id = ${person.id}::uuid
    AND lease_token = ${lease.token}::uuid AND answered_at IS NULL`;
}

/** So many seconds from now, by the database's clock. */
export function inSeconds(seconds: number): Prisma.Sql {
  return Prisma.sql`now() + make_interval(secs => ${seconds}::double precision)`;
}

/** What a queue item is when nobody holds it. */
export const NOT_HELD: Prisma.Sql = Prisma.sql`lease_token = NULL, lease_holder_id = NULL,
  lease_expires_at = NULL, lease_ahead = false, hold_reason = NULL`;

/** What a queue item is when it is nobody's in particular. */
export const NOT_ASSIGNED: Prisma.Sql = Prisma.sql`assignee_id = NULL, assigned_until = NULL,
  assigned_by_id = NULL, handover_note = NULL`;
