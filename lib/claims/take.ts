import type { UserActor } from '#lib/actor';
import { Prisma, type Tx } from '#lib/db';
import { CATEGORIES } from '#lib/interactions/schema';
import type { Stage } from '#lib/reviews/schema';
import { type Claim, inSeconds } from './lease.ts';
import { matching } from './matching.ts';
import type { Searched } from './search.ts';

export type Wanted = {
  filters: Searched;
  /** Stages of items handed to the person that they may take. */
  stages: readonly Stage[];
  /** Categories that are not served to the person. */
  optOuts: readonly string[];
  leaseSeconds: number;
  /** The claim is for later: see `takeAhead`. */
  ahead: boolean;
};

/** So much of what is due first is looked through before a person's own categories are looked for. */
const WINDOW = 5_000;
/** Rarely do more people claim in the same moment; where they do, a claim looks again. */
const AHEAD = 32;
const LOOKS = 10;

/**
 * The one statement of a claim: what was handed to the person first, else what is due first among what nobody holds,
 * and that they neither skipped nor reviewed. FOR UPDATE SKIP LOCKED picks and takes in one step, so two reviewers at
 * the same moment get two items.
 */
export async function takeNext(tx: Tx, person: UserActor, wanted: Wanted): Promise<Claim | null> {
  const { filters } = wanted;
  const eligible = eligibleFor(person, wanted);
  const due = dueFor(person, wanted);
  const { stage, ...narrowing } = filters;
  const plain = Object.values(narrowing).every((value) => value === undefined);
  const first = wanted.optOuts.length > 0 && plain ? firstOfEach(wanted.optOuts, due) : null;
  const stages = stage ? [stage] : [...wanted.stages];
  for (let look = 1; ; look += 1) {
    let among = Prisma.empty;
    if (first && look === 1) among = withinWindow(stage ?? 'review');
    else if (first && look < LOOKS) among = Prisma.sql`AND item.interaction_id = ANY(ARRAY(${first}))`;
    const [claim] = await tx.$queryRaw<Claim[]>`
      WITH handed AS (
        SELECT item.interaction_id FROM queue_item AS item
        WHERE item.assignee_id = ${person.id}::uuid AND item.assigned_until > now()
          AND item.stage = ANY(${stages}::text[]) AND ${eligible}
        ORDER BY item.due_at, item.interaction_id
        LIMIT 1
        FOR UPDATE OF item SKIP LOCKED
      ), due AS (
        SELECT item.interaction_id FROM queue_item AS item
        WHERE NOT EXISTS (SELECT 1 FROM handed) AND ${due}
          ${among}
        ORDER BY item.due_at, item.interaction_id
        LIMIT 1
        FOR UPDATE OF item SKIP LOCKED
      ), next AS (SELECT interaction_id FROM handed UNION ALL SELECT interaction_id FROM due)
      UPDATE queue_item AS item
      SET lease_token = ${crypto.randomUUID()}::uuid, lease_holder_id = ${person.id}::uuid,
        lease_expires_at = ${inSeconds(wanted.leaseSeconds)}, lease_ahead = ${wanted.ahead}, hold_reason = NULL,
        first_claimed_at = COALESCE(item.first_claimed_at, now())
      FROM next WHERE item.interaction_id = next.interaction_id
      RETURNING item.interaction_id AS "interactionId", item.lease_token AS token, item.lease_expires_at AS "expiresAt"`;
    if (claim) return claim;
    if (!first || look === LOOKS) return null;
    // What was looked at may all have been taken in the same moment, and then there may be more behind it.
    const left = await tx.$queryRaw<unknown[]>(first);
    if (left.length === 0) return null;
  }
}

/**
 * Whether anything waits that the person may take. A claim that came back empty although this is true met rows that
 * another transaction is changing at this moment, such as a re-routing: they are free again when it ends.
 */
export async function isAnythingFree(client: Tx, person: UserActor, wanted: Wanted): Promise<boolean> {
  const rows = await client.$queryRaw<unknown[]>`
    SELECT 1 FROM queue_item AS item WHERE ${dueFor(person, wanted)} LIMIT 1`;
  return rows.length > 0;
}

/**
 * Takes what somebody has claimed for later, while another item is on their screen: whoever has nothing goes first,
 * also another tab of the same person. They are told when they come to it, for their token is stale.
 */
export async function takeAhead(tx: Tx, person: UserActor, wanted: Wanted): Promise<Claim | null> {
  return takeHeld(
    tx,
    person,
    wanted,
    Prisma.sql`item.lease_ahead AND item.stage = ${wanted.filters.stage ?? 'review'}
      AND (item.assignee_id IS NULL OR item.assigned_until <= now())`,
  );
}

/** Takes what the person holds and none of their tabs shows: the tab was killed, or never got its claim. */
export async function takeOwn(
  tx: Tx,
  person: UserActor,
  wanted: Wanted,
  open: readonly string[],
): Promise<Claim | null> {
  const { stage } = wanted.filters;
  return takeHeld(
    tx,
    person,
    wanted,
    Prisma.sql`item.lease_holder_id = ${person.id}::uuid AND item.hold_reason IS NULL
      AND item.stage = ANY(${stage ? [stage] : [...wanted.stages]}::text[])
      AND item.interaction_id <> ALL(${[...open]}::uuid[])`,
  );
}

async function takeHeld(tx: Tx, person: UserActor, wanted: Wanted, which: Prisma.Sql): Promise<Claim | null> {
  const [claim] = await tx.$queryRaw<Claim[]>`
    UPDATE queue_item AS item
    SET lease_token = ${crypto.randomUUID()}::uuid, lease_holder_id = ${person.id}::uuid,
      lease_expires_at = ${inSeconds(wanted.leaseSeconds)}, lease_ahead = false, hold_reason = NULL
    WHERE item.interaction_id = (
      SELECT item.interaction_id FROM queue_item AS item
      WHERE ${which} AND item.lease_expires_at > now() AND ${servedTo(person, wanted)}
      ORDER BY item.lease_ahead, item.due_at, item.interaction_id LIMIT 1 FOR UPDATE OF item SKIP LOCKED)
    RETURNING item.interaction_id AS "interactionId", item.lease_token AS token, item.lease_expires_at AS "expiresAt"`;
  return claim ?? null;
}

function eligibleFor(person: UserActor, wanted: Wanted): Prisma.Sql {
  return Prisma.sql`(item.lease_expires_at IS NULL OR item.lease_expires_at <= now())
    AND ${servedTo(person, wanted)}`;
}

function servedTo(person: UserActor, { filters, optOuts }: Wanted): Prisma.Sql {
  return Prisma.sql`item.state = 'pending'
    AND item.category <> ALL(${[...optOuts]}::text[])
    ${passedOver(person)} ${matching(filters)}`;
}

function dueFor(person: UserActor, wanted: Wanted): Prisma.Sql {
  return Prisma.sql`item.stage = ${wanted.filters.stage ?? 'review'}
    AND (item.assignee_id IS NULL OR item.assigned_until <= now()) AND ${eligibleFor(person, wanted)}`;
}

// What is due among the first of all; the bound is an end for the scan, not a promise of so many rows.
function withinWindow(stage: Stage): Prisma.Sql {
  return Prisma.sql`AND item.due_at <= COALESCE((SELECT due_at FROM queue_item
    WHERE state = 'pending' AND stage = ${stage}
    ORDER BY due_at, interaction_id OFFSET ${WINDOW} LIMIT 1), 'infinity')`;
}

// The first of each category, put in order: what the person opted out of is never read, though it be a million items
// that are due before theirs.
function firstOfEach(optOuts: readonly string[], due: Prisma.Sql): Prisma.Sql {
  const rest = CATEGORIES.filter((category) => !optOuts.includes(category));
  if (rest.length === 0) return Prisma.sql`SELECT NULL::uuid AS interaction_id WHERE false`;
  const each = rest.map(
    (category) => Prisma.sql`(SELECT item.interaction_id, item.due_at FROM queue_item AS item
      WHERE item.category = ${category} AND ${due} ORDER BY item.due_at, item.interaction_id LIMIT ${AHEAD})`,
  );
  return Prisma.sql`SELECT interaction_id FROM (${Prisma.join(each, ' UNION ALL ')}) AS each
    ORDER BY due_at, interaction_id LIMIT ${AHEAD}`;
}

// The counters spare a look-up for almost every row. OFFSET 0 keeps each look-up one: the planner would otherwise
// read everything that the person ever skipped or reviewed into a hash table for every claim.
function passedOver(person: UserActor): Prisma.Sql {
  return Prisma.sql`
    AND (item.skips = 0 OR NOT EXISTS (SELECT 1 FROM queue_skip AS skip
      WHERE skip.interaction_id = item.interaction_id AND skip.reviewer_id = ${person.id}::uuid OFFSET 0))
    AND (item.reviews_done = 0 OR NOT EXISTS (SELECT 1 FROM review
      WHERE review.interaction_id = item.interaction_id AND review.reviewer_id = ${person.id}::uuid OFFSET 0))`;
}
