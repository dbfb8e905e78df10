import type { UserActor } from '#lib/actor';
import { Prisma, type Tx } from '#lib/db';
import { newId } from '#lib/ids';
import type { Decide, Lease } from '#lib/reviews/schema';
import { type Claim, goldenHeldWith, inSeconds } from './lease.ts';
import { matching } from './matching.ts';
import type { Wanted } from './take.ts';

// A golden item looks like any other to whoever gets it: it meets their filters, comes with a token and a lease, and
// is not one whose answer they know, because they marked it or reviewed it. It is decided already, so it is in
// nobody's queue besides.

/** Serves a golden item that the person has yet to answer; null when there is none. */
export async function takeGolden(tx: Tx, person: UserActor, wanted: Wanted): Promise<Claim | null> {
  const [claim] = await tx.$queryRaw<Claim[]>`
    WITH known AS (
      SELECT golden.interaction_id FROM golden_item AS golden
      JOIN queue_item AS item ON item.interaction_id = golden.interaction_id
      JOIN interaction ON interaction.id = golden.interaction_id
      LEFT JOIN golden_answer AS answer
        ON answer.interaction_id = golden.interaction_id AND answer.reviewer_id = ${person.id}::uuid
      WHERE golden.retired_at IS NULL AND golden.created_by_id <> ${person.id}::uuid
        AND item.state = 'decided' AND interaction.erased_at IS NULL
        AND answer.answered_at IS NULL AND (answer.lease_expires_at IS NULL OR answer.lease_expires_at <= now())
        AND item.category <> ALL(${[...wanted.optOuts]}::text[])
        AND NOT EXISTS (SELECT 1 FROM review
          WHERE review.interaction_id = golden.interaction_id AND review.reviewer_id = ${person.id}::uuid)
        ${matching(wanted.filters)}
      -- Another order for each person, so that nobody can tell a neighbour which one comes next.
      ORDER BY md5(golden.interaction_id::text || ${person.id})
      LIMIT 1
    )
    INSERT INTO golden_answer AS answer (interaction_id, reviewer_id, lease_token, lease_expires_at)
    SELECT interaction_id, ${person.id}::uuid, ${crypto.randomUUID()}::uuid, ${inSeconds(wanted.leaseSeconds)}
    FROM known
    ON CONFLICT (interaction_id, reviewer_id) DO UPDATE
      SET lease_token = EXCLUDED.lease_token, lease_expires_at = EXCLUDED.lease_expires_at
      WHERE answer.answered_at IS NULL AND (answer.lease_expires_at IS NULL OR answer.lease_expires_at <= now())
    RETURNING interaction_id AS "interactionId", lease_token AS token, lease_expires_at AS "expiresAt"`;
  return claim ?? null;
}

/** As `takeOwn` does; a lease longer than a claim's is a hold, and stays with it. */
export async function takeOwnGolden(
  tx: Tx,
  person: UserActor,
  wanted: Wanted,
  open: readonly string[],
): Promise<Claim | null> {
  const [claim] = await tx.$queryRaw<Claim[]>`
    UPDATE golden_answer SET lease_token = ${crypto.randomUUID()}::uuid, lease_expires_at = ${inSeconds(wanted.leaseSeconds)}
    WHERE reviewer_id = ${person.id}::uuid AND interaction_id = (
      SELECT item.interaction_id FROM golden_answer AS answer JOIN queue_item AS item USING (interaction_id)
      WHERE answer.reviewer_id = ${person.id}::uuid AND answer.answered_at IS NULL AND answer.lease_expires_at > now()
        AND answer.lease_expires_at <= ${inSeconds(wanted.leaseSeconds)}
        AND answer.interaction_id <> ALL(${[...open]}::uuid[]) ${matching(wanted.filters)}
      LIMIT 1 FOR UPDATE OF answer SKIP LOCKED)
    RETURNING interaction_id AS "interactionId", lease_token AS token, lease_expires_at AS "expiresAt"`;
  return claim ?? null;
}

/** A new token for a golden item that was served to the person and still waits for their answer. */
export async function retakeGolden(
  tx: Tx,
  person: UserActor,
  interactionId: string,
  leaseSeconds: number,
): Promise<Claim | null> {
  const [claim] = await tx.$queryRaw<Claim[]>`
    UPDATE golden_answer
    SET lease_token = ${crypto.randomUUID()}::uuid,
      lease_expires_at = GREATEST(lease_expires_at, ${inSeconds(leaseSeconds)})
    WHERE interaction_id = ${interactionId}::uuid AND reviewer_id = ${person.id}::uuid
      AND answered_at IS NULL AND lease_token IS NOT NULL
    RETURNING interaction_id AS "interactionId", lease_token AS token, lease_expires_at AS "expiresAt"`;
  return claim ?? null;
}

/** Moves the end of a golden claim; never shortens it. Null where the token is not of a golden claim. */
export async function stayGolden(tx: Tx, person: UserActor, lease: Lease, seconds: number) {
  const [held] = await tx.$queryRaw<{ expiresAt: Date }[]>`
    UPDATE golden_answer SET lease_expires_at = GREATEST(lease_expires_at, ${inSeconds(seconds)})
    WHERE ${goldenHeldWith(person, lease)} RETURNING lease_expires_at AS "expiresAt"`;
  return held ?? null;
}

/** Gives a golden item back: `later` it may come again, `never` it may not. Says whether the token was of one. */
export async function leaveGolden(
  tx: Tx,
  person: UserActor,
  lease: Lease,
  again: 'later' | 'never',
  note: string | null = null,
): Promise<boolean> {
  const answeredAt = again === 'never' ? Prisma.sql`now()` : Prisma.sql`NULL`;
  const left = await tx.$executeRaw`
    UPDATE golden_answer SET lease_token = NULL, lease_expires_at = NULL, answered_at = ${answeredAt}, note = ${note}
    WHERE ${goldenHeldWith(person, lease)}`;
  return left > 0;
}

/**
 * The person's answer to a golden item, with an id that undoing takes like a review's. Null where the token is not of
 * a golden claim.
 */
export async function answerGolden(
  tx: Tx,
  person: UserActor,
  input: Decide,
  policy: { key: string } | null,
): Promise<string | null> {
  const answerId = newId();
  const answered = await tx.$executeRaw`
    UPDATE golden_answer SET lease_token = ${answerId}::uuid, lease_expires_at = NULL, answered_at = clock_timestamp(),
      verdict = ${input.verdict}, policy_key = ${policy?.key ?? null}, note = ${input.note?.trim() || null},
      time_spent_ms = ${input.timeSpentMs}::int
    WHERE ${goldenHeldWith(person, input)}`;
  return answered > 0 ? answerId : null;
}

/** Undoes an answer and leases the item to the person again; `over` when its time is, null when there is none. */
export async function takeBackGolden(
  tx: Tx,
  person: UserActor,
  { reviewId, token, seconds }: { reviewId: string; token: string; seconds: number },
  leaseSeconds: number,
): Promise<{ interactionId: string } | 'over' | null> {
  const mine = Prisma.sql`lease_token = ${reviewId}::uuid AND reviewer_id = ${person.id}::uuid AND verdict IS NOT NULL`;
  const [undone] = await tx.$queryRaw<{ interactionId: string }[]>`
    UPDATE golden_answer SET ${openAgain(token, leaseSeconds)}
    WHERE ${mine} AND answered_at + make_interval(secs => ${seconds}::double precision) >= clock_timestamp()
    RETURNING interaction_id AS "interactionId"`;
  if (undone) return undone;
  const [late] = await tx.$queryRaw<unknown[]>`SELECT 1 FROM golden_answer WHERE ${mine}`;
  return late ? 'over' : null;
}

/** Leases a golden item again that the person held, skipped or handed over. Says whether there was one. */
export async function reopenGolden(
  tx: Tx,
  person: UserActor,
  { interactionId, token }: Lease,
  leaseSeconds: number,
): Promise<boolean> {
  const opened = await tx.$executeRaw`
    UPDATE golden_answer SET ${openAgain(token, leaseSeconds)}
    WHERE interaction_id = ${interactionId}::uuid AND reviewer_id = ${person.id}::uuid AND verdict IS NULL`;
  return opened > 0;
}

function openAgain(token: string, leaseSeconds: number): Prisma.Sql {
  return Prisma.sql`lease_token = ${token}::uuid, lease_expires_at = ${inSeconds(leaseSeconds)}, answered_at = NULL,
    verdict = NULL, policy_key = NULL, note = NULL, time_spent_ms = NULL`;
}
