import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { personIn } from '#lib/claims/lease';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import type { MarkGolden, RetireGolden } from './schema.ts';

/**
 * Makes a decided interaction one whose answer is known: it is mixed unmarked into the work of reviewers who had no
 * part in its decision. Throws `not_found`, `conflict` while it is pending, when its text is erased, or when it is or
 * was golden, and `invalid` for a policy that is not in force.
 */
export async function markGolden(actor: Actor, input: MarkGolden): Promise<void> {
  authorize(actor, 'golden.manage');
  const person = personIn(actor);
  const { interactionId, verdict, policyKey = null } = input;
  await db.$transaction(async (tx) => {
    // Locked: a decision that is being taken back must not leave a golden item without one.
    const [item] = await tx.$queryRaw<{ state: string; erased: boolean }[]>`
      SELECT item.state, interaction.erased_at IS NOT NULL AS erased
      FROM queue_item AS item JOIN interaction ON interaction.id = item.interaction_id
      WHERE item.interaction_id = ${interactionId}::uuid FOR UPDATE OF item`;
    if (!item) throw new AppError('not_found', 'This interaction never was in the review queue.');
    if (item.state !== 'decided') {
      throw new AppError('conflict', 'This interaction is not decided yet; decide it first.');
    }
    if (item.erased)
      throw new AppError('conflict', 'The text of this interaction is erased: nobody can judge it.');
    if (policyKey && !(await tx.policy.findFirst({ where: { key: policyKey, current: true } }))) {
      const gone = 'is not a policy in force; choose another';
      throw new AppError('invalid', `policyKey: ${gone}`, { fields: { policyKey: gone } });
    }
    const known = await tx.goldenItem.findUnique({ where: { interactionId } });
    if (known) {
      throw new AppError(
        'conflict',
        known.retiredAt
          ? 'This interaction was golden and is retired; its answers stay as they were.'
          : 'This interaction is golden already.',
      );
    }
    await tx.goldenItem.create({
      data: { interactionId, verdict, policyKey, note: input.note?.trim() || null, createdById: person.id },
    });
    await recordEvent(tx, actor, {
      action: 'golden.mark',
      subject: { type: 'interaction', id: interactionId },
      data: { verdict, policy: policyKey },
    });
  });
}

/** Serves it no longer; who has it open may still answer. Throws `conflict` when it is retired, and `not_found`. */
export async function retireGolden(actor: Actor, input: RetireGolden): Promise<void> {
  authorize(actor, 'golden.manage');
  await db.$transaction(async (tx) => {
    const { count } = await tx.goldenItem.updateMany({
      where: { interactionId: input.interactionId, retiredAt: null },
      data: { retiredAt: new Date() },
    });
    if (count === 0) {
      const known = await tx.goldenItem.findUnique({ where: input });
      if (!known) throw new AppError('not_found', 'This interaction is not golden.');
      throw new AppError('conflict', 'Somebody has retired this golden item already.');
    }
    await recordEvent(tx, actor, {
      action: 'golden.retire',
      subject: { type: 'interaction', id: input.interactionId },
    });
  });
}
