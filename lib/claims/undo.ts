import { z } from 'zod';
import type { UserActor } from '#lib/actor';
import { Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import type { Lease } from '#lib/reviews/schema';
import type { ReviewSettings } from '#lib/settings/schema';
import { reopenGolden } from './golden.ts';
import { heldWith, inSeconds, stagesOf } from './lease.ts';
import { refuseLease } from './refusal.ts';

/** A held item as it was before its holder set it aside: what taking that back restores. */
export const beforeSchema = z.object({
  act: z.enum(['skip', 'hold', 'handover']),
  interactionId: z.uuid(),
  /** It was a golden item, which is one person's own. */
  golden: z.boolean(),
  /** The end of a hold, and why; of a plain lease nothing is kept. */
  heldUntil: z.date().nullable(),
  holdReason: z.string().nullable(),
  assigneeId: z.uuid().nullable(),
  assignedUntil: z.date().nullable(),
  assignedById: z.uuid().nullable(),
  handoverNote: z.string().nullable(),
  /** The person had skipped it at an earlier time already, and that stays. */
  skipped: z.boolean(),
});
export type Before = z.infer<typeof beforeSchema>;

/** The held item, locked, as it is; that of a golden item where the token is of none in the queue. */
export async function beforeOf(
  tx: Tx,
  person: UserActor,
  act: Before['act'],
  { interactionId, token }: Lease,
): Promise<Before> {
  const [held] = await tx.$queryRaw<Omit<Before, 'act' | 'golden' | 'interactionId'>[]>`
    SELECT CASE WHEN hold_reason IS NOT NULL THEN lease_expires_at END AS "heldUntil", hold_reason AS "holdReason",
      assignee_id AS "assigneeId", assigned_until AS "assignedUntil", assigned_by_id AS "assignedById",
      handover_note AS "handoverNote", EXISTS (SELECT 1 FROM queue_skip AS skip
        WHERE skip.interaction_id = queue_item.interaction_id AND skip.reviewer_id = ${person.id}::uuid) AS skipped
    FROM queue_item WHERE ${heldWith(person, { interactionId, token })} FOR UPDATE`;
  return { act, interactionId, golden: !held, ...(held ?? NOTHING) };
}

const NOTHING = {
  heldUntil: null,
  holdReason: null,
  assigneeId: null,
  assignedUntil: null,
  assignedById: null,
  handoverNote: null,
  skipped: false,
};

/**
 * Puts an item back to how it was before it was set aside, leased with its old token; a skip is taken back also while
 * somebody else has the item open. Throws `conflict` with who has taken it up or decided what.
 */
export async function restore(
  tx: Tx,
  person: UserActor,
  lease: Lease,
  before: Before,
  settings: Pick<ReviewSettings, 'leaseSeconds' | 'skipsToLead'>,
): Promise<void> {
  const { interactionId, token } = lease;
  if (before.golden) {
    if (!(await reopenGolden(tx, person, lease, settings.leaseSeconds))) {
      await refuseLease(tx, person, interactionId);
    }
    return;
  }
  if (before.act === 'skip') await unskip(tx, person, before, settings.skipsToLead);
  const free = Prisma.sql`(lease_expires_at IS NULL OR lease_expires_at <= now() OR lease_holder_id = ${person.id}::uuid)`;
  const still =
    before.act === 'handover'
      ? Prisma.sql`assigned_by_id = ${person.id}::uuid`
      : Prisma.sql`(assignee_id IS NULL OR assigned_until <= now() OR assignee_id = ${person.id}::uuid)`;
  const restored = await tx.$executeRaw`
    UPDATE queue_item SET lease_token = ${token}::uuid, lease_holder_id = ${person.id}::uuid,
      lease_expires_at = GREATEST(${inSeconds(settings.leaseSeconds)}, ${before.heldUntil?.toISOString() ?? null}::timestamptz),
      lease_ahead = false, hold_reason = ${before.holdReason}, assignee_id = ${before.assigneeId}::uuid,
      assigned_until = ${before.assignedUntil?.toISOString() ?? null}::timestamptz, assigned_by_id = ${before.assignedById}::uuid,
      handover_note = ${before.handoverNote}
    WHERE interaction_id = ${interactionId}::uuid AND state = 'pending'
      AND stage = ANY(${stagesOf(person)}::text[]) AND ${free} AND ${still}
      AND NOT EXISTS (SELECT 1 FROM review WHERE review.interaction_id = queue_item.interaction_id
        AND review.reviewer_id = ${person.id}::uuid)`;
  if (restored === 0 && before.act !== 'skip') await refuseLease(tx, person, interactionId);
}

/** Takes one person's skip back; what it raised to the leads comes down again, unless one of them has it open. */
async function unskip(tx: Tx, person: UserActor, { interactionId, skipped }: Before, skipsToLead: number) {
  const [item] = await tx.$queryRaw<{ state: string; takenUp: boolean }[]>`
    SELECT state, COALESCE(stage <> 'review' AND lease_expires_at > now() AND lease_holder_id <> ${person.id}::uuid, false)
      AS "takenUp"
    FROM queue_item WHERE interaction_id = ${interactionId}::uuid FOR UPDATE`;
  if (item?.state !== 'pending') await refuseLease(tx, person, interactionId);
  if (item?.takenUp) throw new AppError('conflict', 'A lead has taken this item up, so the skip stands.');
  if (skipped) return;
  await tx.queueSkip.deleteMany({ where: { interactionId, reviewerId: person.id } });
  await tx.$executeRaw`
    UPDATE queue_item SET skips = counted.skips,
      stage = CASE WHEN stage = 'lead' AND counted.skips < ${skipsToLead}::int THEN 'review' ELSE stage END
    FROM (SELECT count(*)::int AS skips FROM queue_skip WHERE interaction_id = ${interactionId}::uuid) AS counted
    WHERE interaction_id = ${interactionId}::uuid`;
}
