import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import { effectiveOutcome, isShipped } from './effective.ts';
import type { OutcomeWord } from './schema.ts';

/**
 * What was told of one interaction, in the order in which it happened, and what holds now. What a user kept is raw
 * text, so it is told by its length only. Throws `not_found`, `forbidden`.
 */
export async function outcomesOf(actor: Actor, interactionId: string) {
  authorize(actor, 'interaction.read');
  const interaction = await db.interaction.findUnique({
    where: { id: interactionId },
    select: { outcome: true, outcomes: { orderBy: { occurredAt: 'asc' } } },
  });
  if (!interaction) throw new AppError('not_found', 'There is no such interaction.');
  // Checked on their way in, so they are the words of the contract.
  const cameWith = interaction.outcome as OutcomeWord | null;
  const told = interaction.outcomes.map((row) => ({
    outcome: row.outcome as OutcomeWord,
    occurredAt: row.occurredAt,
    receivedAt: row.receivedAt,
    keptLength: row.kept?.length ?? null,
  }));
  const effective = effectiveOutcome(cameWith, told);
  return { cameWith, told, effective, shipped: isShipped(effective) };
}
